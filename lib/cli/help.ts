// What `--help` prints.

export const GENERAL_HELP = `Usage: pacegate <command> [options]

  pacegate scan -p PORTS [options] TARGET...   scan TCP ports at a paced rate
  pacegate doctor [--json]                     what this host can do, and what to do about the rest
  pacegate bench [limiters|scan] [options]     what limiters and scans do on this machine, beside others

  -V, --version   print the version
  -h, --help      print help; "pacegate scan --help" lists the options of a scan
`;

export const BENCH_HELP = `Usage: pacegate bench [limiters|scan] [options]

Measures on this machine, and prints tables; nothing of it leaves the machine.

  limiters      nanoseconds a call, beside a bucket written by hand and the packages limiter, rate-limiter-flexible
                and bottleneck, if they are installed where this is called
  scan          as root: what each backend can send, how exact the rate is, and the scan of a /24, in two network
                namespaces made for it, beside nmap and masscan, if they are installed; else what can be sent to
                127.0.0.1, if raw packets are permitted, and a connect scan of it beside nmap
                (neither: both)

  --seconds N   how long it takes, about, if one round of all is done by then; default 20, from 1 to 600
  --json        all that was measured, as one document
`;

export const SCAN_HELP = `Usage: pacegate scan -p PORTS [options] TARGET...

Scans TCP ports at a paced rate. Scan only networks you are authorised to scan.

TARGETS
  TARGET...             address, network (10.0.0.0/24), range (10.0.0.1-9, 10.0.0-3.*) or host name
  -iL FILE              read targets from FILE (- is standard input), separated by white space or commas
  --exclude LIST        never probe these, written as targets are
  --excludefile FILE    the same, from FILE
  --i-am-authorised     confirm a scan of more than 65 536 public addresses

PORTS AND TECHNIQUE
  -p PORTS              22,80,8000-8010; - is 1-65535; required
  -sS                   SYN scan by raw packets; needs CAP_NET_RAW or root
  -sT                   connect scan by the operating system; needs no privilege
                        (neither: SYN where it is permitted, else connect)
  -Pn, -n, -6           accepted: no host discovery and no reverse DNS is done anyway, and IPv6 needs no option

PACE
  --preset NAME         rate and workers for local, internet, polite or high-volume; list: print them
  --max-rate N          packets a second, default 100; auto: the highest at which nothing is lost (SYN)
  --max-rate-cap N      the most that auto may become
  --min-rate N          warn when fewer leave for a second
  --precision P         how often to wake: balanced (default), eco, or spin, which takes a core
  --catch-up MS         lateness that may be made good by sending faster, default 10; the rest is given up
  --max-target-rate N   packets a second to any one address
  --max-prefix-rate N[/LEN]
                        packets a second to any one network of LEN bits, default 24 (IPv6: 64)
  --adaptive-rate       leave targets alone that answer "prohibited" (ICMP), for 2, 4, 8, 16 s; then ask once
  --backoff-limit MS    give such a target up after so long, default 60000; never: do not
  --max-hostgroup N     targets under way at once, default all; each until all its ports are settled
  --min-hostgroup N     in barrier mode: begin the next targets when fewer are under way, default 1
  --hostgroup-mode M    sliding (default): who is finished makes room at once; barrier: group after group
  --max-parallelism N   the same as --max-hostgroup (nmap's bounds probes in flight: here --max-rate does)
  --adaptive-timeout    repeat a silent port's probe by measured round-trip times, from 100 ms to --timeout;
                        with a hostgroup that is so anyway, target by target
  --host-timeout MS     give a target up that takes longer (unknown, host_timeout); sets a hostgroup of 64
  --tarpit ACTION       targets open at nearly every port: warn names them (default with a hostgroup), skip
                        leaves them alone, off
  --tarpit-ports X/Y    such is a target with more than X of Y probed ports open, default 50/64
  --max-retries N       further probes for a silent port, exactly; default 2
  --timeout MS          wait for an answer after each probe, default 1000
  --max-workers N       connections under way at once (-sT), default by descriptors, at most 1000

SENDING
  -e IFACE              send from this interface, default by route
  --backend B           auto, packet (Ethernet), rawip (loopback, tunnels), xdp (fastest) or pcap
  --seed N              fixes the order of probes
  --shard I/N           scan the I-th of N equal parts, from 1 on; all with the same --seed
  --fleet DIR           share the plan and its rate with all who name the same DIR, on this host: each scans shards
                        of it, and those of who dies; -p, targets, excludes and --max-rate as the others
  --fleet-shards N      parts of the plan, 1 to 4096; who comes first decides
  --resume FILE         go on from FILE if it exists; it is written every second until all is done
                        (outputs are then added to; results next to the interruption may come twice)

OUTPUT
  -oJ FILE              NDJSON: one object a line; - is standard output
  -oX FILE              nmap's XML, by host: whole documents with the results so far, every 5 s and at the end
  -oL FILE              list: "open tcp 80 10.0.0.1 1700000000", as masscan's
  -oA BASE              all three: BASE.ndjson, BASE.xml, BASE.list
  --output FORMAT:FILE  ndjson, xml, list or json (one array, whole after every write)
                        (several outputs at once; one of them may be -)
  --pcap FILE           every packet sent and every answer, for tcpdump -r and Wireshark (SYN only)
  --metadata            the run (rates asked and achieved, drops, seed, version) as the last object of NDJSON
                        and JSON; XML and list always tell of it
  --open                open ports only
  --json-summary        the summary as one line of JSON, on standard error
  --no-progress         no progress line
  --quiet               no progress line, no warnings, no summary
  --status-ndjson       standard error as NDJSON: status each second, warning, backoff, note, summary, error

KEYS, while standard input is a terminal
  +  -                  a quarter faster, a fifth slower
  p                     pause, and go on
  q                     stop as Ctrl-C does: what is under way is awaited, all outputs are completed
  ?                     this list
  --noninteractive      read no keys, as for "| less", which reads them itself

Results go to standard output, as a table unless one of the outputs takes it; everything else to standard error.
The table lists open ports; closed and filtered ones where 25 or fewer are, else the summary counts them.
-p, --exclude, -iL and --excludefile may be given several times and add up; of other values the last one counts.
Exit code: 0 done, 1 fault, 2 bad usage, 130 interrupted (Ctrl-C once ends orderly, twice at once; so do SIGTERM,
143, and SIGHUP, 129: also under nohup).

ENVIRONMENT
  PACEGATE_SCAN_RATE_LIMIT_REQUESTS, PACEGATE_SCAN_RETRY_ATTEMPTS, PACEGATE_SCAN_TIMEOUT_SECONDS and
  PACEGATE_SCAN_MAX_THREADS stand for --max-rate, --max-retries, --timeout (in seconds) and --max-workers.
  Flags go before them, and they before the preset.

EXAMPLES
  pacegate scan 127.0.0.1 -p-  --max-rate 20000 --open
  pacegate scan 10.0.0.0/24 -p 22,80,443 --max-rate 1000 -oJ - | jq 'select(.state == "open")'
  pacegate scan -iL hosts.txt -p 1-1024 --max-rate 5000 -oA monday --resume monday.state
`;
