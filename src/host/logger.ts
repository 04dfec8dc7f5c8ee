/** Logs as JSON lines through pino: one line a call, `msg`, `time` and the fields. */
import { pino } from 'pino';
import type { LogFields, Logger } from '#base/logger.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** A file to append to, or a file descriptor; standard error unless said otherwise. */
  readonly destination?: string | number;
}

/** Lines are written at once: a crash loses none. */
export function createLogger(options: LoggerOptions): Logger {
  const target = pino.destination({ dest: options.destination ?? 2, sync: true, mkdir: true });
  const settings = {
    level: options.level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
  };
  return wrap(pino(settings, target));
}

function wrap(log: pino.Logger): Logger {
  const line =
    (level: 'debug' | 'info' | 'warn' | 'error') =>
    (message: string, fields?: LogFields): void =>
      fields === undefined ? log[level](message) : log[level](fields, message);
  return {
    debug: line('debug'),
    info: line('info'),
    warn: line('warn'),
    error: line('error'),
    with: (fields) => wrap(log.child(fields)),
  };
}
