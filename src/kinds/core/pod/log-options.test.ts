import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StatusError } from '#api/status.ts';
import { checkLogOptions } from '#kinds/core/pod/log-options.ts';

for (const [query, code, text] of [
  ['tailLines=x', 400, 'strconv.ParseInt: parsing "x": invalid syntax'],
  ['tailLines=-1', 422, 'tailLines: Invalid value: -1: must be greater than or equal to 0'],
  ['limitBytes=0', 422, 'limitBytes: Invalid value: 0: must be greater than 0'],
  ['sinceSeconds=0', 422, 'sinceSeconds: Invalid value: 0: must be greater than 0'],
  ['stream=Stdout', 422, 'stream: Forbidden: may not be specified'],
  ['sinceTime=foo', 400, 'parsing time "foo" as "2006-01-02T15:04:05Z07:00": cannot parse "foo" as "2006"'],
  [
    'sinceSeconds=1&sinceTime=2020-01-01T00:00:00Z',
    422,
    '[]: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified',
  ],
] as const)
  test(`logs with ${query}: ${text}`, () => {
    assert.throws(
      () => checkLogOptions(new URLSearchParams(query), 'p'),
      (error: StatusError) => error.code === code && error.message.endsWith(text),
    );
  });

test('the options that kubectl sends hold', () => {
  checkLogOptions(new URLSearchParams('follow=true&tailLines=10&container=c&timestamps=true'), 'p');
});
