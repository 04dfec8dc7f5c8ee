/** Rules of probes, lifecycle hooks and the handlers both are made of. */
import type { HTTPGetAction, Lifecycle, LifecycleHandler, Probe } from '#api/generated/core/v1.ts';
import type { DeepReadonly } from '#base/immutable.ts';
import { isHTTPHeaderName, isValidPortName, isValidPortNumber } from '#api/meta/names.ts';
import { fieldError, type FieldError } from '#api/status.ts';
import {
  addMessages,
  type AnyContainer,
  checkNotNegative,
  checkPresent,
  type PodCheck,
} from '#kinds/core/pod/validation/context.ts';

type AnyProbe = DeepReadonly<Probe>;
type Handler = DeepReadonly<LifecycleHandler & Pick<Probe, 'grpc'>>;

const moreThanOne = 'may not specify more than 1 handler type';
const schemes = ['HTTP', 'HTTPS'] as const;

export function checkProbes(check: PodCheck, container: AnyContainer, path: string): void {
  const { livenessProbe, readinessProbe, startupProbe } = container;
  if (livenessProbe !== undefined) {
    checkProbe(check, livenessProbe, `${path}.livenessProbe`);
    checkOneSuccess(check.errors, livenessProbe, `${path}.livenessProbe`);
  }
  if (readinessProbe !== undefined) {
    checkProbe(check, readinessProbe, `${path}.readinessProbe`);
    const period = readinessProbe.terminationGracePeriodSeconds;
    if (period !== undefined) {
      const text = 'must not be set for readinessProbes';
      check.errors.push(fieldError.invalid(`${path}.readinessProbe.terminationGracePeriodSeconds`, period, text));
    }
  }
  if (startupProbe === undefined) return;
  checkProbe(check, startupProbe, `${path}.startupProbe`);
  checkOneSuccess(check.errors, startupProbe, `${path}.startupProbe`);
}

function checkOneSuccess(errors: FieldError[], { successThreshold }: AnyProbe, path: string): void {
  if (successThreshold !== 1)
    errors.push(fieldError.invalid(`${path}.successThreshold`, successThreshold ?? 0, 'must be 1'));
}

function checkProbe(check: PodCheck, probe: AnyProbe, path: string): void {
  const { errors } = check;
  checkHandler(check, probe, path);
  checkNotNegative(errors, probe.initialDelaySeconds, `${path}.initialDelaySeconds`);
  checkNotNegative(errors, probe.timeoutSeconds, `${path}.timeoutSeconds`);
  checkNotNegative(errors, probe.periodSeconds, `${path}.periodSeconds`);
  checkNotNegative(errors, probe.successThreshold, `${path}.successThreshold`);
  checkNotNegative(errors, probe.failureThreshold, `${path}.failureThreshold`);
  const period = probe.terminationGracePeriodSeconds;
  if (period !== undefined && period <= 0)
    errors.push(fieldError.invalid(`${path}.terminationGracePeriodSeconds`, period, 'must be greater than 0'));
}

function checkHandler(check: PodCheck, handler: Handler, path: string): void {
  const { errors } = check;
  let count = 0;
  const isFirst = (name: string): boolean => {
    if (++count > 1) errors.push(fieldError.forbidden(`${path}.${name}`, moreThanOne));
    return count === 1;
  };
  const { exec, httpGet, tcpSocket, grpc, sleep } = handler;
  if (exec !== undefined && isFirst('exec') && (exec.command ?? []).length === 0)
    errors.push(fieldError.required(`${path}.exec.command`));
  if (httpGet !== undefined && isFirst('httpGet')) checkHttpGet(errors, httpGet, `${path}.httpGet`);
  if (tcpSocket !== undefined && isFirst('tcpSocket')) checkPort(errors, tcpSocket.port, `${path}.tcpSocket.port`);
  if (grpc !== undefined && isFirst('grpc')) checkPort(errors, grpc.port, `${path}.grpc.port`);
  if (sleep !== undefined && isFirst('sleep')) checkSleep(check, sleep.seconds, `${path}.sleep`);
  if (count === 0) errors.push(fieldError.required(path, 'must specify a handler type'));
}

function checkHttpGet(errors: FieldError[], action: DeepReadonly<HTTPGetAction>, path: string): void {
  const { path: url, port, scheme = '', httpHeaders } = action;
  checkPresent(errors, url, `${path}.path`);
  checkPort(errors, port, `${path}.port`);
  if (!(schemes as readonly string[]).includes(scheme))
    errors.push(fieldError.notSupported(`${path}.scheme`, scheme, schemes));
  for (const { name } of httpHeaders ?? []) addMessages(errors, isHTTPHeaderName(name), `${path}.httpHeaders`, name);
}

/** A number, or the name of one of the container's ports. */
function checkPort(errors: FieldError[], port: number | string, path: string): void {
  addMessages(errors, typeof port === 'number' ? isValidPortNumber(port) : isValidPortName(port), path, port);
}

function checkSleep({ errors, spec }: PodCheck, seconds: number, path: string): void {
  const period = spec.terminationGracePeriodSeconds;
  if (period === undefined || (seconds >= 0 && seconds <= period)) return;
  const text = `must be non-negative and less than terminationGracePeriodSeconds (${period})`;
  errors.push(fieldError.invalid(path, seconds, text));
}

export function checkLifecycle(check: PodCheck, lifecycle: DeepReadonly<Lifecycle>, path: string): void {
  if (lifecycle.postStart !== undefined) checkHandler(check, lifecycle.postStart, `${path}.postStart`);
  if (lifecycle.preStop !== undefined) checkHandler(check, lifecycle.preStop, `${path}.preStop`);
}
