import { type Duration, toSeconds } from '../../director/base/time.js';
import type { CommandConfig } from './vrrp-config.js';

/** A block of keepalived.conf with its lines one step further in. */
export const block = (head: string, lines: readonly string[]): readonly string[] => [
  `${head} {`,
  ...lines.map((line) => `    ${line}`),
  '}',
];

/** Nothing when a value is missing, and else the line that says it. */
export const optional = (keyword: string, value: string | number | undefined): readonly string[] =>
  value === undefined ? [] : [`${keyword} ${value}`];

/** A keyword that is a switch by itself, when it is on. */
export const mark = (keyword: string, isOn: boolean): readonly string[] => (isOn ? [keyword] : []);

/** keepalived's BOOL. */
export const flag = (isOn: boolean): string => (isOn ? 'on' : 'off');

/** Seconds with as many decimals as they have, and never an exponent. */
export const secondsText = (duration: Duration): string =>
  toSeconds(duration)
    .toFixed(6)
    .replace(/\.?0+$/, '');

/** `N [reverse]`. */
export const weightText = (weight: number, isReverse: boolean): string =>
  `${weight} ${isReverse ? 'reverse' : 'noreverse'}`;

/** A value in double quotes where it has to be one word; there is no way to write a double quote. */
export const quote = (text: string): string =>
  /^[^\s#!{}"$~@\\]+$/.test(text) ? text : `"${text}"`;

/** A value for keywords that know escapes: everything that could mean something is written as its number. */
export const quoteEscaped = (text: string): string => `"${escape(text, '\\')}"`;

/** A command with its arguments in quotes, and whom it runs as. */
export function commandText({ words, user, group }: CommandConfig): string {
  // Within the quotes it is cut and unescaped once more.
  const command = words.map((word) => (word === '' ? "''" : escape(word, '\\\\'))).join(' ');
  const names = [user, group].filter((name) => name !== undefined);
  return [`"${command}"`, ...names].join(' ');
}

/** A command whose user has a line of its own. */
export const ownedCommand = (keyword: string, command: CommandConfig): readonly string[] => {
  const { user, group } = command;
  const names = [user, group].filter((name) => name !== undefined).join(' ');
  return [
    `${keyword} ${commandText({ ...command, user: undefined, group: undefined })}`,
    ...(names === '' ? [] : [`user ${names}`]),
  ];
};

const escape = (text: string, backslash: string): string =>
  text.replaceAll(
    /[^\w%+,./:=@^-]/g,
    (character) => backslash + character.charCodeAt(0).toString(8).padStart(3, '0'),
  );
