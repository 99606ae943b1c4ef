import { UsageError } from '../../director/base/errors.js';
import { milliseconds } from '../../director/base/time.js';
import {
  vagrantLimits,
  vagrantMethods,
  vagrantProfiles,
  type VagrantSettings,
} from '../config/vagrant-lab.js';

/** The environment variables that choose a lab on VMs; the Vagrantfile reads the same ones. */
export const settingNames = {
  directors: 'BATON_DIRECTORS',
  realServers: 'BATON_REAL_SERVERS',
  method: 'BATON_METHOD',
  profile: 'BATON_PROFILE',
  advertInterval: 'BATON_ADVERT',
} as const;

/** VRRPv3 carries hundredths of a second in 12 bits (RFC 9568 §5.2.7). */
const advertLimitsMs = { least: 10, most: 40_950, step: 10 };

type Environment = Readonly<Record<string, string | undefined>>;

/** The settings that an environment asks for. Throws a `UsageError` for a value that cannot be used. */
export function settingsFrom(environment: Environment): VagrantSettings {
  const profile = choiceIn(environment, settingNames.profile, vagrantProfiles);
  const directors = countIn(environment, settingNames.directors, 2, vagrantLimits.directors);
  if (profile === 'mixed' && directors !== 2) {
    throw unusable(settingNames.directors, String(directors), '2 with the profile mixed');
  }
  const advert = environment[settingNames.advertInterval] ?? '';
  return {
    directors,
    realServers: countIn(environment, settingNames.realServers, 3, vagrantLimits.realServers),
    method: choiceIn(environment, settingNames.method, vagrantMethods),
    profile,
    ...(advert === '' ? {} : { advertInterval: milliseconds(advertMs(advert)) }),
  };
}

/** One of the choices; the first one when nothing is said. */
function choiceIn<T extends string>(
  environment: Environment,
  name: string,
  choices: readonly [T, ...T[]],
): T {
  const text = environment[name] ?? '';
  const found = text === '' ? choices[0] : choices.find((choice) => choice === text);
  if (found === undefined) throw unusable(name, text, choices.join(', '));
  return found;
}

function countIn(environment: Environment, name: string, usual: number, most: number): number {
  const text = environment[name] ?? '';
  const count = text === '' ? usual : Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= most) return count;
  throw unusable(name, text, `a number from 1 to ${String(most)}`);
}

function advertMs(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?)(ms|s)$/.exec(text) ?? [];
  const ms = Math.round(Number(number) * (unit === 's' ? 1_000 : 1));
  const { least, most, step } = advertLimitsMs;
  if (ms >= least && ms <= most && ms % step === 0) return ms;
  throw unusable(settingNames.advertInterval, text, '10ms to 40.95s in steps of 10ms');
}

const unusable = (name: string, text: string, expected: string): UsageError =>
  new UsageError({ code: 'bad-setting' }, `${name} has to be ${expected}, not '${text}'`);
