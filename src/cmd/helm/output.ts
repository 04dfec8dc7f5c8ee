/** What Helm prints in forms that several commands share: tables, JSON and YAML, times. */
import { formatTime } from '#lang/gotemplate/sprig/layout.ts';
import { printYaml } from '#lang/yaml/print.ts';
import { loadYaml } from '#lang/yaml/to-json.ts';

/** JSON text as Go's YAML printer writes its value: keys sorted. */
export function yamlOf(json: string): string {
  return printYaml(loadYaml(json));
}

/** `Mon Jan  2 15:04:05 2006` of a record's time; the zero time for none. */
export function ansicTime(text: string): string {
  return layoutTime(text, 'Mon Jan _2 15:04:05 2006');
}

/** A record's time by a Go layout. */
export function layoutTime(text: string, layout: string): string {
  return formatTime(zonedOf(text), layout);
}

/** As Go prints a time: `2006-01-02 15:04:05.999999999 -0700 MST`, the fraction without trailing zeros. */
export function timeText(text: string): string {
  const fraction = /\.\d*[1-9]/.exec(text)?.[0] ?? '';
  return `${layoutTime(text, '2006-01-02 15:04:05')}${fraction}${layoutTime(text, ' -0700 MST')}`;
}

const timePattern = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(Z|[+-]\d\d:\d\d)$/;

function zonedOf(text: string) {
  const [, seconds = '0001-01-01T00:00:00', fraction = '', zone = 'Z'] = timePattern.exec(text) ?? [];
  const ms = Date.parse(`${seconds}${zone}`);
  const nanos = BigInt(ms) * 1_000_000n + BigInt(fraction.padEnd(9, '0').slice(0, 9));
  if (zone === 'Z') return { nanos, offsetMinutes: 0, zone: 'UTC' };
  const sign = zone.startsWith('-') ? -1 : 1;
  const offsetMinutes = sign * (Number(zone.slice(1, 3)) * 60 + Number(zone.slice(4)));
  return { nanos, offsetMinutes, zone: zone.replace(':', '') };
}
