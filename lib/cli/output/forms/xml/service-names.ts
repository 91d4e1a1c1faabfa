// What is usually behind a TCP port, by the names of IANA's registry. A guess by number, and marked as one.

const NAMES =
  '7 echo,9 discard,13 daytime,20 ftp-data,21 ftp,22 ssh,23 telnet,25 smtp,37 time,43 nicname,49 tacacs,53 domain,70 gopher,' +
  '79 finger,80 http,88 kerberos,102 iso-tsap,110 pop3,111 sunrpc,113 ident,119 nntp,135 epmap,139 netbios-ssn,143 imap,' +
  '161 snmp,179 bgp,194 irc,264 bgmp,389 ldap,427 svrloc,443 https,445 microsoft-ds,464 kpasswd,465 submissions,502 mbap,' +
  '512 exec,513 login,514 shell,515 printer,543 klogin,544 kshell,548 afpovertcp,554 rtsp,587 submission,623 asf-rmcp,' +
  '631 ipp,636 ldaps,646 ldp,853 domain-s,873 rsync,989 ftps-data,990 ftps,993 imaps,995 pop3s,1080 socks,1194 openvpn,' +
  '1433 ms-sql-s,1521 oracle,1723 pptp,1883 mqtt,2049 nfs,2181 eforward,2375 docker,2376 docker-s,3128 squid,3260 iscsi-target,' +
  '3306 mysql,3389 ms-wbt-server,3690 svn,4369 epmd,5000 upnp,5060 sip,5061 sips,5222 xmpp-client,5269 xmpp-server,' +
  '5432 postgresql,5671 amqps,5672 amqp,5900 rfb,5985 wsman,5986 wsmans,6000 x11,6379 redis,6443 sun-sr-https,6667 ircu,' +
  '8000 irdmi,8008 http-alt,8080 http-alt,8443 pcsync-https,8883 secure-mqtt,9000 cslistener,9042 cassandra,9092 kafka,' +
  '9100 pdl-datastream,9200 wap-wsp,9418 git,10000 ndmp,11211 memcache,27017 mongodb';

const names = new Map(
  NAMES.split(',').map((entry): [number, string] => {
    const [port = '', name = ''] = entry.split(' ');
    return [Number(port), name];
  }),
);

/** The name for a port; `unknown` for most. */
export function serviceName(port: number): string {
  return names.get(port) ?? 'unknown';
}
