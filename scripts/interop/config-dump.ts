/**
 * What `keepalived -d` says of a configuration, as one line for each thing in it. `config-lines.ts` writes the same lines of
 * ours.
 */
export function linesOfDump(dump: string): readonly string[] {
  // Each line of the log begins with its time: `Fri Nov 20 18:47:59 2026: `.
  const lines = dump
    .split('\n')
    .map((line) => line.replace(/^\w{3} \w{3} +\d+ [\d:]+ \d{4}: /, ''));
  const services = sections(lines, /^ VS (?:VIP|FWMARK|GROUP) = /);
  return [
    ...sections(lines, /^ VRRP Instance = /).map(instanceLine),
    ...sections(lines, /^ VRRP Sync Group = /).map(syncGroupLine),
    ...sections(lines, /^ Virtual Server Group = /)
      .flatMap(groupLines)
      .filter((entry) => services.some((service) => isOfGroup(entry, service))),
    ...services.flatMap(serviceLines),
    ...sections(lines, /^ \S.* -> \[/).map((section) => checkerLine(section, services)),
  ].toSorted();
}

/** The lines that begin a section, each with the lines below it that are indented more. */
function sections(lines: readonly string[], head: RegExp): readonly (readonly string[])[] {
  return lines.flatMap((line, index) => {
    if (!head.test(line)) return [];
    const end = lines.findIndex((other, place) => place > index && !other.startsWith('   '));
    return [lines.slice(index, end < 0 ? undefined : end)];
  });
}

/** What stands behind `NAME = `, or behind `NAME is `. */
function valueOf(section: readonly string[], name: string): string | undefined {
  const pattern = new RegExp(`^ +${name}(?: =| is) (.*)$`);
  return section.map((line) => pattern.exec(line)?.[1]).find((value) => value !== undefined);
}

/** The indented lines below the line `NAME (N):` or `NAME :`. */
function listOf(section: readonly string[], name: string): readonly string[] {
  const start = section.findIndex(
    (line) => line.startsWith(`   ${name} (`) || line.startsWith(`   ${name} :`),
  );
  if (start < 0) return [];
  const rest = section.slice(start + 1);
  const end = rest.findIndex((line) => !line.startsWith('     '));
  return rest.slice(0, end < 0 ? undefined : end).map((line) => line.trim());
}

function instanceLine(section: readonly string[]): string {
  const authentication = valueOf(section, 'Authentication type') ?? 'none';
  return [
    `instance ${section[0]?.split(' = ')[1]}`,
    `version ${valueOf(section, 'VRRP Version')}`,
    `interface ${valueOf(section, 'Interface')?.replace(/^.* on /, '')}`,
    `id ${valueOf(section, 'Virtual Router ID')}`,
    `priority ${valueOf(section, '(?:Base )?[Pp]riority')}`,
    `interval ${secondsOf(valueOf(section, 'Advert interval') ?? '')}`,
    `preempt ${valueOf(section, 'Preempt') === 'enabled'}`,
    // AH is one that we do not have, and say so.
    `password ${authentication === 'SIMPLE_PASSWORD' ? valueOf(section, 'Password') : 'none'}`,
    `addresses ${setOf(listOf(section, 'Virtual IP').map(addressText))}`,
    `excluded ${setOf(listOf(section, 'Virtual IP Excluded').map(addressText))}`,
  ].join(' ');
}

/** `1 sec` or `100 milli-sec`. */
const secondsOf = (text: string): number =>
  Number.parseFloat(text) / (text.endsWith('milli-sec') ? 1_000 : 1);

const setOf = (words: readonly string[]): string => [...new Set(words)].toSorted().join(',');

/** `ADDRESS dev DEVICE ...`; an interface for a virtual MAC address is one of keepalived's own. */
const addressText = (text: string): string =>
  text.replace(/^(\S+) dev (?:[^\s@]+@)?(\S+).*$/, '$1@$2');

function syncGroupLine(section: readonly string[]): string {
  const [, name] = /= ([^,\s]+)/.exec(section[0] ?? '') ?? [];
  return `group ${name} ${setOf(listOf(section, 'VRRP member instances'))}`;
}

function groupLines(section: readonly string[]): readonly string[] {
  const name = /= ([^,\s]+)/.exec(section[0] ?? '')?.[1];
  return section.flatMap((line) => {
    const [, address, port] = /^ +VIP = (\S+), VPORT = (\d+)/.exec(line) ?? [];
    if (address !== undefined) return [`entry ${name} ${address} ${port}`];
    const [, first, last, ports] = /^ +VIP Range = (\S+)-(\S+), VPORT = (\d+)/.exec(line) ?? [];
    if (first !== undefined && last !== undefined) {
      return addressesBetween(first, last).map((one) => `entry ${name} ${one} ${ports}`);
    }
    const [, mark] = /^ +FWMARK = (\d+)/.exec(line) ?? [];
    return mark === undefined ? [] : [`entry ${name} fwmark ${mark}`];
  });
}

/** A group that no service is about is none of ours. */
const isOfGroup = (entry: string, service: readonly string[]): boolean =>
  serviceName(service) === `[${entry.split(' ', 2)[1]}]:0`;

/** Addresses that differ in their last part. */
function addressesBetween(first: string, last: string): readonly string[] {
  const base = first.includes(':') ? 16 : 10;
  const cut = Math.max(first.lastIndexOf(':'), first.lastIndexOf('.')) + 1;
  const start = Number.parseInt(first.slice(cut), base);
  const count = Number.parseInt(last.slice(cut), base) - start + 1;
  return Array.from(
    { length: count },
    (_, index) => first.slice(0, cut) + (start + index).toString(base),
  );
}

/** The name of a service as its checkers have it: `[10.0.0.1]:tcp:80`, `FWM 1` or `[GROUP]:0`. */
function serviceName(section: readonly string[]): string {
  const [head = ''] = section;
  const protocol = valueOf(section, 'protocol')?.toLowerCase();
  const [, address, port] = /VIP = (\S+), VPORT = (\d+)/.exec(head) ?? [];
  if (address !== undefined) return `[${address}]:${protocol}:${port}`;
  const [, mark] = /FWMARK = (\d+)/.exec(head) ?? [];
  if (mark !== undefined) return `FWM ${mark}`;
  return head.replace(/^ VS GROUP = /, '');
}

function serviceLines(section: readonly string[]): readonly string[] {
  const name = serviceName(section);
  const starts = section.flatMap((line, index) =>
    line.includes('< Real server >') ? [index] : [],
  );
  const own = section.slice(0, starts[0]);
  const sorry = own.findIndex((line) => line.includes('sorry server ='));
  const service = [
    `service ${name}`,
    `family ${valueOf(own, 'Address family')}`,
    `sched ${valueOf(own, 'lvs_sched')}`,
    `persistence ${valueOf(own, 'persistence timeout') ?? 'none'}`,
    `ops ${valueOf(own, 'One packet scheduling') === 'enabled'}`,
    `omega ${valueOf(own, 'omega')}`,
    `quorum ${valueOf(own, 'quorum')?.replace(', hysteresis =', '')}`,
    `sorry ${sorry < 0 ? 'none' : sorryText(own.slice(sorry))}`,
  ].join(' ');
  const servers = starts.map((start, index) =>
    serverLine(name, section.slice(start, starts[index + 1])),
  );
  return [service, ...servers];
}

function sorryText(section: readonly string[]): string {
  const address = valueOf(section, 'sorry server')?.replace(/:(?:tcp|udp|sctp):/, ':');
  const method = section[1]?.split(' = ')[1];
  const inhibit = section.find((line) => line.includes('Inhibit on failure is'));
  return `${address} ${method} ${inhibit?.endsWith('ON') ? 'ON' : 'OFF'}`;
}

function serverLine(service: string, section: readonly string[]): string {
  const [, address, port, weight] =
    /RIP = (\S+), RPORT = (\d+), WEIGHT = (\d+)/.exec(section[1] ?? '') ?? [];
  return [
    `server ${service} ${address} ${port}`,
    `weight ${weight}`,
    `method ${valueOf(section, 'forwarding method')}`,
    `limits ${valueOf(section, 'connection limit range')?.replace(' -> ', ' ')}`,
    `inhibit ${valueOf(section, 'Inhibit on failure')}`,
  ].join(' ');
}

function checkerLine(section: readonly string[], services: readonly (readonly string[])[]): string {
  const [service = '', server = ''] = (section[0] ?? '').trim().split(' -> ');
  const around = services.find((one) => serviceName(one) === service);
  const kind = /^[A-Z_]+/.exec(valueOf(section, 'Keepalive method') ?? '')?.[0];
  const head = `checker ${service} ${server.replace(/:(?:tcp|udp|sctp|none):/, ':')} ${kind}`;
  // They have no rhythm.
  if (kind === 'FILE_CHECK' || kind === 'BFD_CHECK') return head;
  const time = (name: string): string => String(Number.parseInt(valueOf(section, name) ?? '0', 10));
  const retries = valueOf(section, 'Retries');
  const timeout = Number.parseFloat(valueOf(section, 'Timeout') ?? '');
  return [
    head,
    `alpha ${valueOf(section, 'Alpha')}`,
    `loop ${time('Delay loop')}`,
    `warmup ${time('Warmup')}`,
    `retry ${retries}`,
    `delay ${retries === '0' ? 0 : time('Delay before retry')}`,
    `to ${valueOf(section, 'Dest') ?? 'none'}`,
    // In a `host` of SMTP_CHECK it forgets its default, and its connections never succeed.
    `timeout ${timeout === 0 ? 'any' : timeout}`,
    `from ${valueOf(section, 'Bind to') ?? 'none'}`,
    `helo ${valueOf(section, 'helo') ?? 'none'}`,
    `dns ${dnsText(kind, section)}`,
    `dynamic ${valueOf(section, 'dynamic') === 'YES'}`,
    `urls ${urlsOf(section, around && valueOf(around, 'VirtualHost'))}`,
  ].join(' ');
}

const dnsText = (kind: string | undefined, section: readonly string[]): string =>
  kind === 'DNS_CHECK' ? `${valueOf(section, 'Type')} ${valueOf(section, 'Name')}` : 'none';

function urlsOf(section: readonly string[], standard: string | undefined): string {
  const starts = section.flatMap((line, index) => (line.includes('Checked url =') ? [index] : []));
  const urls = starts.map((start, index) => {
    const own = section.slice(start, starts[index + 1]);
    const codes = own.filter((line) => /^ {7}\d/.test(line)).map((line) => line.trim());
    const host = valueOf(own, 'Virtual host') ?? valueOf(section, 'Virtualhost') ?? standard;
    return [valueOf(own, 'Checked url'), valueOf(own, 'digest'), host, ...codes].join(' ');
  });
  return urls.length === 0 ? 'none' : urls.join('; ');
}
