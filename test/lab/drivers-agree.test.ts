import { fileURLToPath } from 'node:url';

import { test } from 'tap';

import { runToEnd } from '../../cluster/lab/subprocess.js';

/*
 * The packet drivers, and the kernel or carriers in their stead, do the same with the same frames: whole ones, broken ones, fragments,
 * all methods, both families, while real servers, settings and neighbours change. Everything that leaves is compared, and what is
 * counted. Frames from XDP are taken by a link only whose far end has NAPI, which comes with GRO.
 */

const mirrorProgram = fileURLToPath(new URL('driver-mirror.js', import.meta.url));

const Frames = 100_000;
const Seed = 20_261_120;

/** Two links, whose far ends are in the same namespace; the kernel itself says nothing on them. */
const links = [
  ['clients', '02:00:00:00:01:0b'],
  ['servers', '02:00:00:00:01:0c'],
]
  .map(
    ([name, mac]) => `
ip link add ${name} address ${mac} mtu 9000 type veth peer name ${name}-far address 02:ff:00:00:00:03 mtu 9000
for link in ${name} ${name}-far; do
  printf 1 > /proc/sys/net/ipv6/conf/$link/disable_ipv6
  ip link set $link arp off up
  ethtool -K $link tx off rx off tso off gso off gro off > /dev/null
done
ethtool -K ${name}-far gro on > /dev/null`,
  )
  .join('');

interface Mirrored {
  readonly offload?: Readonly<Record<string, unknown>>;
}

async function mirror(driver: string): Promise<Mirrored> {
  const program = `exec ${process.execPath} ${mirrorProgram} ${driver} ${Frames} ${Seed}`;
  const { status, stdout, stderr } = await runToEnd(
    ['unshare', '--net', 'sh', '-euc', `${links}\n${program}`],
    { timeoutMs: 250_000 },
  );
  if (status !== 0) throw new Error(`${driver} ends with ${status}: ${stderr.slice(-1_000)}`);
  return JSON.parse(stdout);
}

test('what leaves through all drivers is the same, and what they count', async (t) => {
  const ring = await mirror('ring');
  t.match(ring, { failures: [], clients: { count: Number }, servers: { count: Number } });
  t.comment(JSON.stringify(ring));
  t.strictSame(await mirror('pcap'), ring);

  for (const driver of ['ring+0', 'ring+2', 'offload', 'xdp']) {
    const { offload, ...others } = await mirror(driver);
    t.comment(JSON.stringify(offload));
    t.strictSame(others, ring, driver);
    t.ok(
      Number(offload?.['packets']) > 5_000 && Number(offload?.['ipv6']) > 1_000,
      `thousands were carried of them, of both families: ${driver}`,
    );
    t.ok(Number(offload?.['virtual']) > 100, `also to MAC addresses of virtual routers: ${driver}`);
  }
});
