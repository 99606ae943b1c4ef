import { readText } from '../../packets/recordings.js';

/** One recorded run of ipvsadm: what it was given, and what it printed, on whichever channel. */
export interface Run {
  readonly argv: readonly string[];
  readonly output: string;
}

const prompt = '+ ip netns exec d1 ipvsadm ';

/** The runs of kernel-listings.txt, in order. */
export function readRuns(): Run[] {
  const runs: { argv: readonly string[]; output: string }[] = [];
  for (const line of readText('ipvsadm/kernel-listings.txt').trimEnd().split('\n')) {
    const last = runs.at(-1);
    if (line.startsWith(prompt)) {
      runs.push({ argv: words(line.slice(prompt.length)), output: '' });
    } else if (line.startsWith('+')) {
      runs.push({ argv: [], output: '' });
    } else if (last !== undefined) {
      last.output += `${line}\n`;
    }
  }
  return runs.filter(({ argv }) => argv.length > 0);
}

/** The output of the first run with these arguments. */
export function recordedOutput(args: string): string {
  const found = readRuns().find(({ argv }) => argv.join(' ') === args);
  if (found === undefined) throw new Error(`ipvsadm ${args} is not in the recording`);
  return found.output;
}

/** The commands that made the recorded table. */
export const recordedSetup = (): (readonly string[])[] => {
  const argvs = readRuns().map(({ argv }) => argv);
  return argvs.slice(
    0,
    argvs.findIndex(([first]) => first?.startsWith('-L')),
  );
};

/** Words of a shell, as far as the recording quotes. */
const words = (text: string): string[] =>
  text.split(' ').map((word) => word.replaceAll(/^'|'$/g, ''));
