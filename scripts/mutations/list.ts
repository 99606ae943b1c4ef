/** A mistake that is put into the compiled production code on purpose. */
export interface Mutation {
  readonly name: string;
  readonly patches: readonly Patch[];
}

/** A text that stands once in a file, and what takes its place. */
export interface Patch {
  /** Relative to `dist`. */
  readonly file: string;
  readonly find: string;
  readonly replace: string;
}

const one = (name: string, file: string, find: string, replace: string): Mutation => ({
  name,
  patches: [{ file, find, replace }],
});

/** Mistakes that people have made in programs like this one, each of which the simulator's seeds have to find. */
export const mutations: readonly Mutation[] = [
  {
    name: 'no gratuitous ARP after a partition',
    patches: [
      {
        file: 'cluster/vrrp/announcements.js',
        find: 'handleRival(now, interval) {',
        replace: 'handleRival(now, interval) {\n        return;',
      },
      {
        file: 'cluster/member/cluster-node.js',
        find: 'this.elections.announceAgain(',
        replace: 'void (',
      },
    ],
  },
  one(
    'preemption before the bulk transfer',
    'cluster/member/cluster-node.js',
    '{ mayPreempt: this.#sync === undefined }',
    '{ mayPreempt: true }',
  ),
  one(
    'sync messages applied over holes',
    'cluster/sync/peer-stream.js',
    'const updates = this.#held.get(this.#next);',
    'const [first] = [...this.#held.keys()].sort((left, right) => left - right);\n' +
      '        this.#next = first ?? this.#next;\n' +
      '        const updates = this.#held.get(this.#next);',
  ),
  one('skew the wrong way round', 'cluster/vrrp/timers.js', '(256 - priority)', 'priority'),
  one(
    'removals are not told',
    'cluster/member/cluster-node.js',
    'director.sync.onRemove = (index) => this.#link.tellRemoval(index, environment.now());',
    'director.sync.onRemove = () => { };',
  ),
  one(
    'tie-break by the wrong side',
    'cluster/vrrp/candidate.js',
    'compareAddresses(candidate.address, other.address) > 0',
    'compareAddresses(candidate.address, other.address) < 0',
  ),
  one(
    'digests are ignored',
    'cluster/sync/peer-listener.js',
    'if (!digests.compare(now, hello.digest, table.digest({ node, epoch })))',
    'if (true)',
  ),
  one(
    'requests for lost sync messages are dropped',
    'cluster/sync/peer-listener.js',
    'this.#context.sender.handleNack(now, nack, source);',
    ';',
  ),
  one(
    'a pause goes unnoticed',
    'cluster/vrrp/election.js',
    'return after(this.#aliveBy, lateBound(this.#interval));',
    'return Number.POSITIVE_INFINITY;',
  ),
  {
    name: 'templates are not told',
    patches: [
      {
        file: 'director/core/sync-decision.js',
        find: 'sync.add(connections, template);',
        replace: ';',
      },
      {
        file: 'director/core/commit.js',
        find: 'sync.add(connections, template);',
        replace: ';',
      },
    ],
  },
  one(
    'copies are not refreshed',
    'director/core/sync-policy.js',
    'if (connections.isSyncStale(index, now))',
    'if (false)',
  ),
  one(
    'a restarted peer is taken for its earlier life',
    'cluster/sync/receiver.js',
    'if (epoch === known.epoch) {',
    'if (true) {',
  ),
  one(
    'addresses are kept by who is not master any more',
    'cluster/member/held-addresses.js',
    'this.#setLive(false);',
    'this.#setLive(true);',
  ),
  {
    name: 'the checksum of UDP is not corrected',
    patches: [
      {
        file: 'director/wire/udp.js',
        find: 'if (checksum(view, offset) === 0)',
        replace: 'if (true)',
      },
    ],
  },
  one(
    'a quiesced real server gets new connections',
    'director/core/services.js',
    'return this.weight > 0 && !this.isOverloaded;',
    'return !this.isOverloaded;',
  ),
  one(
    'the count of connections never falls',
    'director/core/lifecycle.js',
    'server[count] -= 1;',
    ';',
  ),
  one(
    'first packets do not wait for the acknowledgement',
    'cluster/member/session-link.js',
    'releaseSent(this.#director, this.#told, at);',
    'releaseAcknowledged(this.#director, this.#told, at);',
  ),
  one(
    'a master that leaves does not say so',
    'cluster/vrrp/mastership.js',
    'if (resigns)',
    'if (false)',
  ),
  one(
    'advertisements from afar are believed',
    'cluster/vrrp/sender-rules.js',
    "return ttl === multicastTtl ? undefined : 'ttl';",
    'return undefined;',
  ),
  one(
    'a new master announces once',
    'cluster/member/virtual-router.js',
    'this.#addresses.announce(this.#now, effect.repeat);',
    'this.#addresses.announce(this.#now, 1);',
  ),
  one(
    'a bulk transfer ends with its first chunk',
    'cluster/sync/bulk-transfer.js',
    'this.#cursor = next;',
    'this.#cursor = next = -1;',
  ),
  one(
    'a real server that is down stays in',
    'cluster/member/health/active-check.js',
    'return listener.down(effect.reason);',
    'return;',
  ),
  one(
    'a real server that is well again stays out',
    'cluster/member/health/active-check.js',
    'return listener.up();',
    'return;',
  ),
  one(
    'a node without carrier believes its checks',
    'cluster/health/isolation.js',
    'if (device !== undefined && this.#wasDown(device, beganAt))',
    'if (false)',
  ),
  one(
    'a real server that a reload brings is not checked',
    'cluster/member/health/server-pool.js',
    'check.setSuspended(now, this.#isSuspended);\n                check.start(now);',
    'check.setSuspended(now, this.#isSuspended);',
  ),
  one(
    'a reload lets a server that is down in',
    'cluster/member/health/server-pool.js',
    'checkers: checks.map(({ id, check: { isUp, weightChange } }) => ({ id, isUp, weightChange })),',
    'checkers: checks.map(({ id, check: { weightChange } }) => ({ id, isUp: true, weightChange })),',
  ),
];
