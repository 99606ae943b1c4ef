import { OptionNames, type CommandName, type OptionName } from './options.js';

/** Compulsory, optional, or optional and exclusive of others marked so. What is not listed is illegal. */
type Rule = 'compulsory' | 'optional' | 'exclusive';
type Rules = Partial<Record<OptionName, Rule>>;

const ofService: Rules = {
  'service-address': 'compulsory',
  scheduler: 'optional',
  persistent: 'optional',
  netmask: 'optional',
  ops: 'optional',
  pe: 'optional',
  'sched-flags': 'optional',
};

const ofServer: Rules = {
  'service-address': 'compulsory',
  'real-server': 'compulsory',
  'forwarding-method': 'optional',
  weight: 'optional',
  'u-threshold': 'optional',
  'l-threshold': 'optional',
  'tun-type': 'optional',
  'tun-port': 'optional',
  'tun-nocsum': 'optional',
  'tun-csum': 'optional',
  'tun-remcsum': 'optional',
};

const ofCommand: Readonly<Record<CommandName, Rules>> = {
  'add-service': ofService,
  'edit-service': ofService,
  'delete-service': { 'service-address': 'compulsory' },
  flush: {},
  list: {
    numeric: 'optional',
    connection: 'exclusive',
    'service-address': 'exclusive',
    timeout: 'exclusive',
    daemon: 'exclusive',
    stats: 'optional',
    rate: 'optional',
    thresholds: 'optional',
    'persistent-conn': 'optional',
    nosort: 'optional',
    // The table of ipvsadm lets --syncid pass here too, where it means nothing.
    syncid: 'optional',
    exact: 'optional',
    'tun-info': 'optional',
    json: 'optional',
  },
  'add-server': ofServer,
  'delete-server': { 'service-address': 'compulsory', 'real-server': 'compulsory' },
  'edit-server': ofServer,
  set: {},
  'start-daemon': {
    'mcast-interface': 'optional',
    syncid: 'optional',
    'mcast-group': 'optional',
    'mcast-port': 'optional',
    'mcast-ttl': 'optional',
    'sync-maxlen': 'optional',
  },
  'stop-daemon': { syncid: 'optional' },
  restore: {},
  save: { numeric: 'optional' },
  zero: { 'service-address': 'optional' },
  help: {},
  version: {},
};

/** With `-c`, `-L` takes more than ipvsadm's own does: which connections, who answers for them. */
const ofConnectionList: Rules = {
  ...ofCommand.list,
  'service-address': 'optional',
  'real-server': 'optional',
  client: 'optional',
  state: 'optional',
  owner: 'optional',
};

const ofTunnel: Readonly<Record<'ipip' | 'gue' | 'gre', Rules>> = {
  ipip: {},
  gue: {
    'tun-port': 'compulsory',
    'tun-nocsum': 'exclusive',
    'tun-csum': 'exclusive',
    'tun-remcsum': 'exclusive',
  },
  gre: { 'tun-nocsum': 'exclusive', 'tun-csum': 'exclusive' },
};

const tunnelOptions: readonly OptionName[] = ['tun-port', 'tun-nocsum', 'tun-csum', 'tun-remcsum'];

/** Says why a command may not go with these options, in ipvsadm's words; undefined when it may. */
export const refuseOptions = (
  command: CommandName,
  given: ReadonlySet<OptionName>,
): string | undefined => {
  const isConnectionList = command === 'list' && given.has('connection');
  const rules = isConnectionList ? ofConnectionList : ofCommand[command];
  return refuse(rules, OptionNames, given, `'${command}' command`);
};

/** The same for the options of a tunnel. */
export const refuseTunnelOptions = (
  type: 'ipip' | 'gue' | 'gre',
  given: ReadonlySet<OptionName>,
): string | undefined => refuse(ofTunnel[type], tunnelOptions, given, `'${type}' tunnel type`);

function refuse(
  rules: Rules,
  options: readonly OptionName[],
  given: ReadonlySet<OptionName>,
  what: string,
): string | undefined {
  let exclusive: OptionName | undefined;
  for (const option of options) {
    const rule = rules[option];
    if (!given.has(option)) {
      if (rule === 'compulsory') return `You need to supply the '${option}' option for the ${what}`;
      continue;
    }
    if (rule === undefined) return `Illegal '${option}' option with the ${what}`;
    if (rule !== 'exclusive') continue;
    if (exclusive !== undefined) {
      return `The option '${option}' conflicts with the '${exclusive}' option in the ${what}`;
    }
    exclusive = option;
  }
  return undefined;
}
