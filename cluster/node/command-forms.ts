import { z } from 'zod';

import type { Commands } from './api.js';

/** A name of `/services`. */
const Name = z.string().min(1).max(80);
const Nothing = z.strictObject({});

/** What a command's document has to be like; everything else is refused. */
export const CommandForms: {
  readonly [Path in keyof Commands]: z.ZodType<Commands[Path]['request']>;
} = {
  '/ipvsadm': z.strictObject({ argv: z.array(z.string().max(1_024)).max(64) }),
  '/preempt': Nothing,
  '/reload': Nothing,
  '/weight': z.strictObject({
    protocol: z.enum(['TCP', 'UDP', 'SCTP', 'IP', 'FWM']),
    virtual: Name,
    server: Name,
    weight: z.int().min(0).max(65_535),
  }),
  '/stand-down': z.strictObject({ isDown: z.boolean() }),
};

/** What each path is for, in the API's description. */
export const CommandSummaries: Readonly<Record<keyof Commands, string>> = {
  '/ipvsadm': 'Carry out one ipvsadm command line',
  '/preempt': 'Let the node take over before it has the whole table',
  '/reload': 'Read the configuration file again',
  '/weight': 'Change the weight of a real server until the next reload; 0 drains it',
  '/stand-down': 'Give way to every other node: fail over on purpose, or take part again',
};
