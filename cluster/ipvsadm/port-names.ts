import type { ServiceProtocol } from './command.js';

/** Names of ports, as far as a machine knows them. */
export interface PortNames {
  portOf(name: string, protocol: ServiceProtocol): number | undefined;
  nameOf(port: number, protocol: ServiceProtocol): string | undefined;
}

/** Knows no name. */
export const noPortNames: PortNames = { portOf: () => undefined, nameOf: () => undefined };

/** The names of a file like /etc/services. A line that says nothing is passed over; the first name of a port counts. */
export function readPortNames(text: string): PortNames {
  const ports = new Map<string, number>();
  const names = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [content = ''] = line.split('#');
    const match = /^(\S+)\s+(\d{1,5})\/(\w+)(.*)$/.exec(content.trim());
    if (match === null) continue;
    const [, name = '', port = '', protocol = '', aliases = ''] = match;
    for (const alias of [name, ...aliases.split(/\s+/)]) {
      const key = `${alias}/${protocol}`;
      if (!ports.has(key)) ports.set(key, Number(port));
    }
    const key = `${Number(port)}/${protocol}`;
    if (!names.has(key)) names.set(key, name);
  }
  return {
    portOf: (name, protocol) => ports.get(`${name}/${protocol}`),
    nameOf: (port, protocol) => names.get(`${port}/${protocol}`),
  };
}
