// Sends lists with a getter that takes memory away from an earlier frame, or closes the sender, when native code asks.
import { PacketSender } from 'pacegate/scan';
import { datagram } from './datagram.mjs';

/** Two frames; the second is asked for by the check first, then by native code. */
function framesThat(act) {
  const first = new Uint8Array(datagram());
  const second = datagram();
  let asked = 0;
  return Object.defineProperty([first, second], 1, {
    get() {
      asked += 1;
      if (asked === 2) act(first);
      return second;
    },
  });
}

function outcome(sender, act) {
  try {
    return sender.send(framesThat(act));
  } catch (error) {
    return `${error.code} ${error.message}`;
  }
}

const sender = PacketSender.open({ interface: 'lo' });
console.log(outcome(sender, () => {}));
console.log(
  outcome(sender, ({ buffer }) => globalThis.structuredClone(buffer, { transfer: [buffer] })),
);
console.log(outcome(sender, () => sender.close()));
console.log(sender.statistics.sent);
