// The frame that those send who take it ready made: Ethernet, IPv4, TCP SYN with an MSS option, checksums filled in.

/**
 * @param {{source: string, destination: string, sourceMac: string, gatewayMac: string}} addresses
 * @returns {Buffer} 58 bytes; the IP packet begins at 14
 */
export function synFrame({ source, destination, sourceMac, gatewayMac }) {
  const ethernet = Buffer.from((gatewayMac + sourceMac).replaceAll(':', '') + '0800', 'hex');
  const ip = Buffer.from('4500002c00000000400600000000000000000000', 'hex');
  const tcp = Buffer.from('ee48005000000000000000006002040000000000020405b4', 'hex');
  const pseudo = Buffer.from('00000000000000000006' + '0018', 'hex');
  const bytesOf = (address) => Buffer.from(address.split('.').map(Number));
  for (const [text, at] of [
    [source, 0],
    [destination, 4],
  ]) {
    bytesOf(text).copy(ip, 12 + at);
    bytesOf(text).copy(pseudo, at);
  }
  ip.writeUInt16BE(checksum(ip), 10);
  tcp.writeUInt16BE(checksum(Buffer.concat([pseudo, tcp])), 16);
  return Buffer.concat([ethernet, ip, tcp]);
}

/** RFC 1071; even lengths only. */
function checksum(bytes) {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) sum += bytes.readUInt16BE(at);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
