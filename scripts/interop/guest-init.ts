/** Where the guest finds the folder that it shares with this program. */
export const SharedInGuest = '/mnt';

/** The guest's name of the interface whose other end is the tap. */
export const GuestInterface = 'vec0';

/** What a guest needs to be a director: IPVS with all that Debian builds of it, tunnels, and firewall marks. */
const Modules = [
  'ip_vs',
  ...['rr', 'wrr', 'lc', 'wlc', 'lblc', 'lblcr', 'sh', 'dh', 'mh', 'sed', 'nq', 'fo', 'ovf'].map(
    (scheduler) => `ip_vs_${scheduler}`,
  ),
  'ip_vs_ftp',
  'ip_vs_pe_sip',
  'ipip',
  'iptable_mangle',
  'ip6table_mangle',
  'xt_mark',
  'xt_tcpudp',
];

/**
 * The program that the guest's kernel starts as its first process. It mounts what a system needs, loads the modules, and
 * then carries out one script after the other: it reads a script's number from the serial line, runs the file of that
 * number, and answers with number and exit status. The console keeps what the kernel says.
 * Settings are such that the kernel's answers are neither rationed nor left to chance.
 *
 * `moduleRoot` is a folder of the host that modprobe(8) takes for its -d, `shared` the folder that scripts come in.
 */
export const initScript = (moduleRoot: string, shared: string): string => `#!/bin/sh
set -e
PATH=/usr/sbin:/usr/bin:/sbin:/bin
export PATH TMPDIR=/run
mount -t proc proc /proc
mount -t sysfs sysfs /sys
mount -t tmpfs tmpfs /run
mount -t hostfs none ${SharedInGuest} -o ${shared}
modprobe -d ${moduleRoot} -a ${Modules.join(' ')}
cd /proc/sys/net
echo 1 >ipv4/ip_forward
echo 1 >ipv6/conf/all/forwarding
echo 0 >ipv4/icmp_ratelimit
echo 100000 >ipv4/icmp_msgs_per_sec
echo 100000 >ipv4/icmp_msgs_burst
echo 0 >ipv6/icmp/ratelimit
echo 0 >ipv6/auto_flowlabels
for interface in all default ${GuestInterface}; do
  echo 0 >ipv4/conf/$interface/rp_filter
  echo 0 >ipv4/conf/$interface/send_redirects
done
echo 0 >ipv6/conf/${GuestInterface}/accept_dad
echo 0 >ipv6/conf/${GuestInterface}/accept_ra
ip link set dev lo up
ip link set dev ${GuestInterface} up
cd /
exec </dev/ttyS0 >/dev/ttyS0
stty raw -echo
echo ready
set +e
while read -r number; do
  sh ${SharedInGuest}/$number.sh </dev/null >${SharedInGuest}/$number.out 2>&1
  echo "done $number $?"
done
`;
