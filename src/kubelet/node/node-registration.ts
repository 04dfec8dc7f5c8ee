/** Registers the Node, keeps its Lease alive every 10 s, and writes its status every 5 minutes or when it changes. */
import type { Node } from '#api/generated/core/v1.ts';
import { leases, nodes } from '#api/generated/resources.ts';
import { isAlreadyExists, isConflict, isNotFound } from '#api/status.ts';
import { microTimestamp } from '#base/clock.ts';
import { errorMessage } from '#base/logger.ts';
import type { KubeletOptions, KubeletPorts } from '#kubelet/options.ts';
import { type NodeFacts, newNode, nodeStatus, sameStatus } from '#kubelet/node/node-status.ts';

const leaseMs = 10_000;
const leaseDurationSeconds = 40;
const reportMs = 300_000;
const imagesMs = 1_000;
const retryMs = 500;
const longestRetryMs = 7_000;
const leaseNamespace = 'kube-node-lease';

/** 1. The first Lease is written right after the node was registered, so that a node is never judged without one. */
export class NodeRegistration {
  readonly #options: KubeletOptions;
  readonly #ports: KubeletPorts;
  #runtimeVersion = '';
  #notReady: string | undefined;
  #cancelLease: () => void = () => {};
  #cancelReport: () => void = () => {};
  #cancelImages: () => void = () => {};
  #isReportDue = false;
  #uid: string | undefined;

  constructor(options: KubeletOptions, ports: KubeletPorts) {
    this.#options = options;
    this.#ports = ports;
    ports.signal.addEventListener('abort', () => this.#stop(), { once: true });
  }

  /** Resolves when the API server has the Node, Ready. */
  async start(): Promise<void> {
    const { name, version } = await this.#ports.runtime.version();
    this.#runtimeVersion = `${name}://${version}`;
    await this.#retry(() => this.#register());
    await this.#retry(() => this.#renewLease());
    this.#scheduleLease(leaseMs);
    this.#scheduleReport();
    this.#cancelImages = this.#ports.runtime.subscribe(({ type }) => {
      if (type === 'images') this.#reportSoon();
    });
  }

  /** Several images of one pull or import are told together. */
  #reportSoon(): void {
    if (this.#isReportDue || this.#ports.signal.aborted) return;
    this.#isReportDue = true;
    this.#ports.clock.after(imagesMs, () => {
      this.#isReportDue = false;
      this.#report().catch((error) =>
        this.#ports.log.warn('could not tell the images of the node', { error: errorMessage(error) }),
      );
    });
  }

  /** Tells the API server at once; undefined: the node is ready. */
  async setNotReady(why: string | undefined): Promise<void> {
    if (this.#notReady === why) return;
    this.#notReady = why;
    await this.#report();
  }

  /** Writes the status if anything but heartbeat times has changed (images, addresses). */
  async #report(): Promise<void> {
    const name = this.#options.nodeName;
    const node = await this.#ports.client.get(nodes, { namespace: '', name });
    await this.#update(node);
  }

  async #facts(): Promise<NodeFacts> {
    const images = await this.#ports.runtime.listImages();
    return {
      options: this.#options,
      machine: this.#ports.machine,
      runtimeVersion: this.#runtimeVersion,
      images,
      notReady: this.#notReady,
      nowMs: this.#ports.clock.now(),
    };
  }

  async #register(): Promise<void> {
    const { client, log } = this.#ports;
    const name = this.#options.nodeName;
    const facts = await this.#facts();
    const existing = await client.find(nodes, { namespace: '', name });
    if (existing === undefined) {
      try {
        const { status: _, ...object } = newNode(facts);
        const created = await client.create(nodes, object as Node);
        log.info('node registered', { node: name });
        return await this.#update(created);
      } catch (error) {
        if (!isAlreadyExists(error)) throw error;
      }
    }
    const node = existing ?? (await client.get(nodes, { namespace: '', name }));
    const wanted = newNode(facts);
    const labels = { ...node.metadata.labels, ...wanted.metadata.labels };
    const changed =
      Object.entries(labels).some(([key, value]) => node.metadata.labels?.[key] !== value) ||
      (wanted.spec?.podCIDR !== undefined && node.spec?.podCIDR === undefined);
    await this.#update(
      changed
        ? await client.update(nodes, {
            ...node,
            metadata: { ...node.metadata, labels },
            spec: {
              ...node.spec,
              ...(node.spec?.podCIDR === undefined
                ? { podCIDR: wanted.spec?.podCIDR, podCIDRs: wanted.spec?.podCIDRs }
                : {}),
            } as NonNullable<Node['spec']>,
          })
        : node,
    );
  }

  async #update(node: Node): Promise<void> {
    this.#uid = node.metadata.uid;
    const status = nodeStatus(await this.#facts(), node.status);
    if (node.status !== undefined && sameStatus(node.status, status) && !this.#isHeartbeatDue(node)) return;
    const { name = '', uid } = node.metadata;
    const patch = { metadata: { uid }, status };
    await this.#ports.client.patch(nodes, { namespace: '', name }, patch, { type: 'strategic', subresource: 'status' });
  }

  #isHeartbeatDue(node: Node): boolean {
    const ready = node.status?.conditions?.find(({ type }) => type === 'Ready');
    return (
      this.#ports.clock.now() - Date.parse(ready?.lastHeartbeatTime ?? '1970-01-01T00:00:00Z') >= reportMs - leaseMs
    );
  }

  async #renewLease(): Promise<void> {
    const { client, clock } = this.#ports;
    const name = this.#options.nodeName;
    const key = { namespace: leaseNamespace, name };
    const spec = { holderIdentity: name, leaseDurationSeconds, renewTime: microTimestamp(clock.now()) };
    const lease = await client.find(leases, key);
    const ownerReferences = this.#uid === undefined ? [] : [{ apiVersion: 'v1', kind: 'Node', name, uid: this.#uid }];
    if (lease === undefined)
      await client.create(leases, {
        apiVersion: 'coordination.k8s.io/v1',
        kind: 'Lease',
        metadata: { ...key, ownerReferences },
        spec,
      });
    else await client.update(leases, { ...lease, spec: { ...lease.spec, ...spec } });
  }

  #scheduleLease(delayMs: number): void {
    if (this.#ports.signal.aborted) return;
    this.#cancelLease = this.#ports.clock.after(delayMs, () => {
      this.#renewLease().then(
        () => this.#scheduleLease(leaseMs),
        (error) => {
          this.#ports.log.warn('could not renew the lease of the node', { error: errorMessage(error) });
          this.#scheduleLease(isConflict(error) || isNotFound(error) ? retryMs : longestRetryMs);
        },
      );
    });
  }

  #scheduleReport(): void {
    if (this.#ports.signal.aborted) return;
    this.#cancelReport = this.#ports.clock.after(reportMs, () => {
      this.#retry(() => this.#register())
        .catch((error) =>
          this.#ports.log.warn('could not write the status of the node', { error: errorMessage(error) }),
        )
        .finally(() => this.#scheduleReport());
    });
  }

  async #retry(work: () => Promise<void>): Promise<void> {
    let delayMs = retryMs;
    for (;;) {
      try {
        return await work();
      } catch (error) {
        this.#ports.signal.throwIfAborted();
        this.#ports.log.warn('could not reach the API server about the node', { error: errorMessage(error) });
        await new Promise<void>((resolve) => this.#ports.clock.after(delayMs, resolve));
        delayMs = Math.min(delayMs * 2, longestRetryMs);
      }
    }
  }

  #stop(): void {
    this.#cancelLease();
    this.#cancelReport();
    this.#cancelImages();
  }
}
