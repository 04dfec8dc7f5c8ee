#!/usr/bin/env node
// Replays a folder of golden API cases (<topic>.jsonl.gz or .jsonl) against a Kubernetes API server and compares.
//   node golden.mjs --server URL [--token T | --cert F --key F] [--dir golden] [--topic a,b] [--limit N] [--only ID]
//                   [--concurrency 8] [--salt S] [--report out.json] [--loose] [--verbose]
// A case passes when every step's status, Warning headers and normalised response equal the recorded ones.
// "loose" also counts cases whose errors agree in status, reason and causes' (reason, field), message text aside.
import fs from 'node:fs';
import path from 'node:path';
import http from 'node:http';
import https from 'node:https';
import zlib from 'node:zlib';
import crypto from 'node:crypto';
import { fileURLToPath } from 'node:url';

export const sha = (s) => crypto.createHash('sha1').update(s).digest('hex');
const sleep = (ms) => new Promise((r) => setTimeout(r, ms));

// ---------- HTTP ----------
export class Client {
  constructor({ server, token, cert, key }) {
    this.url = new URL(server);
    this.lib = this.url.protocol === 'https:' ? https : http;
    this.token = token;
    this.agent = new this.lib.Agent({
      keepAlive: true,
      maxSockets: 64,
      rejectUnauthorized: false,
      ...(cert ? { cert: fs.readFileSync(cert), key: fs.readFileSync(key) } : {}),
    });
    this.anon = new this.lib.Agent({ keepAlive: true, maxSockets: 64, rejectUnauthorized: false });
  }
  // -> {status, contentType, warnings, text}
  request({ method, path: p, headers = {}, body, auth, onOpen, timeoutMs = 30000 }) {
    return new Promise((resolve, reject) => {
      const h = { ...headers };
      if (auth === 'invalid') h.Authorization = 'Bearer not-a-token';
      else if (auth && auth.startsWith('token:')) h.Authorization = 'Bearer ' + auth.slice(6);
      else if (auth !== 'none' && this.token) h.Authorization = 'Bearer ' + this.token;
      const buf = body === undefined ? undefined : Buffer.from(body);
      if (buf) h['Content-Length'] = buf.length;
      const req = this.lib.request(
        {
          host: this.url.hostname,
          port: this.url.port,
          method,
          path: p,
          headers: h,
          agent: auth ? this.anon : this.agent,
        },
        (res) => {
          const warnings = [];
          for (let i = 0; i < res.rawHeaders.length; i += 2)
            if (res.rawHeaders[i].toLowerCase() === 'warning') warnings.push(res.rawHeaders[i + 1]);
          const chunks = [];
          if (onOpen) onOpen(res);
          res.on('data', (c) => chunks.push(c));
          const done = () =>
            resolve({
              status: res.statusCode,
              contentType: res.headers['content-type'] || '',
              allow: res.headers.allow,
              warnings,
              text: Buffer.concat(chunks).toString('utf8'),
            });
          res.on('end', done);
          res.on('error', done);
          res.on('aborted', done);
        },
      );
      req.setTimeout(timeoutMs, () => req.destroy(new Error('timeout')));
      req.on('error', reject);
      if (buf) req.write(buf);
      req.end();
    });
  }
}

// ---------- normalisation ----------
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;
const TIME = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)/g;
const JWT = /eyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{20,}/g;
const IP = /^\d+\.\d+\.\d+\.\d+$/;
const near = (s) => Math.abs(Date.parse(s) - Date.now()) < 2 * 86400e3;
export function normString(s) {
  if (s.length > 100000) return s;
  if (s.includes('eyJ')) s = s.replace(JWT, '<jwt>');
  if (s.includes('-'))
    s = s.replace(UUID, (m) => (/^(\d)\1{7}-/.test(m) ? m : '<uid>')).replace(TIME, (m) => (near(m) ? '<time>' : m));
  if (s.includes('kube-api-access-')) s = s.replace(/kube-api-access-[a-z0-9]{5}/g, 'kube-api-access-<rand>');
  if (s.includes('current: ')) s = s.replace(/(Too large resource version: \d+, current: )\d+/, '$1<rv>');
  if (s.includes('esourceVersion'))
    s = s
      .replace(/(\bresourceVersion\\*":\s*\\*")[1-9]\d*/g, '$1<rv>')
      .replace(/(\bresourceVersion: ")[1-9]\d*"/g, '$1<rv>"')
      .replace(/(ResourceVersion in (?:the )?(?:precondition|record) \()\d+\)/g, '$1<rv>)')
      .replace(/(ResourceVersion in object meta: )\d+/g, '$1<rv>');
  if (s.length > 12 && s.includes('10.96.')) s = s.replace(/\b10\.96\.\d{1,3}\.\d{1,3}\b(?!\/)/g, '<clusterIP>');
  if (s.includes('too old resource version')) s = s.replace(/(too old resource version: \d+ \()\d+\)/, '$1<rv>)');
  return s;
}
function normTable(t) {
  const defs = t.columnDefinitions || [];
  for (const d of defs) delete d.description;
  const names = defs.map((d) => d.name);
  for (const r of t.rows || []) {
    r.cells = (r.cells || []).map((c, i) => {
      if (/^(Age|Last Seen|First Seen)$/.test(names[i]) && typeof c === 'string' && /^\d+[smhdy]/.test(c))
        return '<age>';
      if (/^(Duration|Last Schedule)$/.test(names[i]) && typeof c === 'string' && /^\d+[smhdy]/.test(c)) return '<age>';
      if (names[i] === 'Cluster-IP' && IP.test(c)) return '<clusterIP>';
      if (names[i] === 'Port(s)' && typeof c === 'string') return c.replace(/:3[0-2]\d{3}\//g, ':<nodePort>/');
      return c;
    });
  }
}
export function norm(v, key, parent) {
  if (typeof v === 'string') {
    if (key === 'resourceVersion' && /^[1-9]\d*$/.test(v)) return '<rv>';
    if (key === 'continue' && v) return '<continue>';
    if (key === 'uid' && /^[0-9a-f-]{36}$/.test(v)) return normString(v);
    if ((key === 'clusterIP' || key === 'clusterIPs') && IP.test(v)) return '<clusterIP>';
    return normString(v);
  }
  if (typeof v === 'number') return (key === 'nodePort' || key === 'healthCheckNodePort') && v > 0 ? '<nodePort>' : v;
  if (v === null || typeof v !== 'object') return v;
  if (Array.isArray(v)) {
    const out = v.map((x) => norm(x, key, v));
    if (key === 'managedFields' && out.every((e) => e && typeof e === 'object'))
      out.sort((a, b) => {
        const k = (e) => [e.operation, e.manager, e.subresource || '', e.apiVersion].join('\0');
        const x = k(a),
          y = k(b);
        return x < y ? -1 : x > y ? 1 : JSON.stringify(a) < JSON.stringify(b) ? -1 : 1;
      });
    return out;
  }
  const o = {};
  for (const k of Object.keys(v)) o[normString(k)] = norm(v[k], k, v);
  if (typeof o.generateName === 'string' && typeof o.name === 'string' && o.name.startsWith(o.generateName))
    o.name = o.generateName + '<rand>';
  if (o.kind === 'Table' && Array.isArray(o.columnDefinitions)) normTable(o);
  if (Array.isArray(o.serverAddressByClientCIDRs)) o.serverAddressByClientCIDRs = '<addresses>';
  return o;
}
function sortKeys(v) {
  if (v === null || typeof v !== 'object') return v;
  if (Array.isArray(v)) return v.map(sortKeys);
  const o = {};
  for (const k of Object.keys(v).sort()) o[k] = sortKeys(v[k]);
  return o;
}

// ---------- running a case ----------
const at = (v, ptr) => {
  for (const s of ptr.split('/').slice(1)) v = v?.[s.replace(/~1/g, '/').replace(/~0/g, '~')];
  return v;
};
function subst(text, raws, inJSON) {
  return text.replace(/<<(\d+):([^>]*)>>/g, (m, i, ptr) => {
    const v = at(raws[Number(i)], ptr);
    if (v === undefined) return 'MISSING';
    return inJSON ? JSON.stringify(String(v)).slice(1, -1) : encodeURIComponent(String(v));
  });
}
const parse = (t) => {
  try {
    return JSON.parse(t);
  } catch {
    return undefined;
  }
};
export function stepRequest(s, raws, swap) {
  let p = swap(subst(s.path, raws, false)),
    body;
  const headers = {};
  if (s.bodyRepeat) body = s.bodyRepeat.prefix + s.bodyRepeat.text.repeat(s.bodyRepeat.count) + s.bodyRepeat.suffix;
  else if (s.rawBody !== undefined) body = subst(s.rawBody, raws, true);
  else if (s.body !== undefined) body = subst(JSON.stringify(s.body), raws, true);
  if (body !== undefined) body = swap(body);
  if (s.contentType !== undefined) {
    if (s.contentType) headers['Content-Type'] = s.contentType;
  } else if (body !== undefined) headers['Content-Type'] = 'application/json';
  headers.Accept = s.accept || 'application/json';
  if (s.userAgent !== '') headers['User-Agent'] = s.userAgent || 'golden';
  for (const [k, v] of Object.entries(s.requestHeaders || {})) headers[k] = Array.isArray(v) ? v.map(swap) : swap(v);
  let auth = s.auth;
  if (auth) auth = swap(subst(auth, raws, true));
  return { method: s.method === 'WATCH' ? 'GET' : s.method, path: p, headers, body, auth };
}
function view(r, s, unswap) {
  const out = { status: r.status };
  if (r.warnings.length) out.headers = { Warning: r.warnings.map((w) => normString(unswap(w))) };
  if (r.status === 405 && r.allow) out.headers = { ...(out.headers || {}), Allow: r.allow };
  let text = unswap(r.text);
  const g = parse(text)?.metadata;
  if (g?.generateName && g.name?.startsWith(g.generateName) && g.name !== g.generateName)
    text = text.split(g.name).join(g.generateName + '<rand>');
  if (s.ignoreResponse) return out;
  if (s.method === 'WATCH' && r.status === 200) {
    // periodic bookmarks depend on timing; only the one that ends the initial events is kept
    let evs = text
      .split('\n')
      .filter(Boolean)
      .map(parse)
      .filter((e) => e?.type !== 'BOOKMARK' || e.object?.metadata?.annotations?.['k8s.io/initial-events-end']);
    if (s.typesOnly)
      evs = evs.map((e) => ({
        type: e?.type,
        name: e?.object?.metadata?.name,
        annotations: e?.object?.metadata?.annotations,
      }));
    out.response = sortKeys(norm(evs));
    return out;
  }
  const j = parse(text);
  if (/json/.test(r.contentType) && j !== undefined) out.response = sortKeys(norm(j));
  else if (j !== undefined && text !== '' && typeof j === 'object') out.response = sortKeys(norm(j));
  else if (/protobuf/.test(r.contentType)) out.response = { binary: r.contentType, magic: r.text.slice(0, 3) };
  else if (text !== '') out.response = normString(text.slice(0, 5000));
  if (r.contentType && !/^application\/json$/.test(r.contentType)) out.responseType = r.contentType;
  return out;
}
const meets = (poll, v, text) =>
  (poll.status === undefined || v.status === poll.status) &&
  (poll.notStatus === undefined || v.status !== poll.notStatus) &&
  (poll.contains === undefined || text.includes(poll.contains));
export async function runCase(client, c, opts = {}) {
  const ns = c.ns,
    real = opts.salt && ns ? 'g' + sha(ns + opts.salt).slice(0, ns.length - 1) : ns;
  const swap = ns && real !== ns ? (t) => t.split(ns).join(real) : (t) => t;
  const unswap = ns && real !== ns ? (t) => t.split(real).join(ns) : (t) => t;
  if (ns && c.setup !== false) {
    opts.made ??= new Map();
    if (!opts.made.has(real))
      opts.made.set(
        real,
        (async () => {
          const mk = (p, o) =>
            client.request({
              method: 'POST',
              path: p,
              headers: { 'Content-Type': 'application/json', 'User-Agent': 'golden' },
              body: JSON.stringify(o),
            });
          await mk('/api/v1/namespaces', { apiVersion: 'v1', kind: 'Namespace', metadata: { name: real } });
          await mk(`/api/v1/namespaces/${real}/serviceaccounts`, {
            apiVersion: 'v1',
            kind: 'ServiceAccount',
            metadata: { name: 'default' },
          });
        })(),
      );
    await opts.made.get(real);
  }
  const raws = [],
    results = [],
    undo = [];
  const doStep = async (s) => {
    if (s.sleepMs && !s.method) {
      await sleep(s.sleepMs);
      return { status: 0 };
    }
    const rq = stepRequest(s, raws, swap);
    const end = Date.now() + 15000;
    let r, v;
    for (;;) {
      if (s.method === 'WATCH') {
        let opened;
        const open = new Promise((res) => {
          opened = res;
        });
        const inner = [];
        const pr = client.request({ ...rq, onOpen: (res) => opened(res) });
        pr.catch(() => opened());
        const res = await Promise.race([open, sleep(1500)]);
        if (s.during) {
          await sleep(150);
          for (const d of s.during) inner.push(await doStep(d));
        }
        r = await pr;
        v = view(r, s, unswap);
        if (s.during) v.during = inner;
      } else {
        r = await client.request(rq);
        v = view(r, s, unswap);
      }
      if (!s.poll || meets(s.poll, v, r.text) || Date.now() > end) break;
      await sleep(100);
    }
    const j = parse(r.text);
    raws.push(s.method === 'WATCH' ? undefined : j);
    if (
      (r.status === 201 || (s.method === 'PATCH' && r.status === 200)) &&
      j?.metadata?.name &&
      !/dryRun/.test(rq.path)
    ) {
      const p = rq.path.split('?')[0];
      const m = p.match(/^\/(?:api\/v1|apis\/[^/]+\/[^/]+)\/([^/]+)(?:\/([^/]+))?$/);
      if (m && m[1] !== 'namespaces') undo.push(m[2] ? p : p + '/' + j.metadata.name);
    }
    return v;
  };
  for (const s of c.steps) results.push(await doStep(s));
  if (c.cleanup !== false)
    for (const p of [...new Set(undo)].reverse())
      await client.request({ method: 'DELETE', path: p + '?gracePeriodSeconds=0' }).catch(() => {});
  return results;
}

// ---------- comparing ----------
export function diff(a, b, p = '') {
  if (a === b) return null;
  if (
    typeof a !== typeof b ||
    a === null ||
    b === null ||
    typeof a !== 'object' ||
    Array.isArray(a) !== Array.isArray(b)
  )
    return { path: p, expected: a, actual: b };
  if (Array.isArray(a)) {
    for (let i = 0; i < Math.max(a.length, b.length); i++) {
      const d = diff(a[i], b[i], `${p}[${i}]`);
      if (d) return d;
    }
    return null;
  }
  for (const k of new Set([...Object.keys(a), ...Object.keys(b)])) {
    const d = diff(a[k], b[k], `${p}.${k}`);
    if (d) return d;
  }
  return null;
}
const expectedOf = (s) => {
  const o = { status: s.status };
  for (const k of ['headers', 'response', 'responseType']) if (s[k] !== undefined) o[k] = s[k];
  if (s.during) o.during = s.during.map(expectedOf);
  return o;
};
const loosen = (o) => {
  const r = o.response;
  if (r && r.kind === 'Status' && r.status === 'Failure')
    return {
      status: o.status,
      reason: r.reason,
      causes: (r.details?.causes || []).map((c) => `${c.reason} ${c.field}`).sort(),
    };
  return { status: o.status, response: r, during: o.during?.map(loosen) };
};
export function compareCase(c, results, loose) {
  for (let i = 0; i < c.steps.length; i++) {
    if (c.steps[i].sleepMs && !c.steps[i].method) continue;
    let e = expectedOf(c.steps[i]),
      a = results[i];
    if (!a) return { step: i, path: '', expected: 'a result', actual: 'none' };
    if (loose) {
      e = loosen(e);
      a = loosen(a);
    }
    const d = diff(e, JSON.parse(JSON.stringify(a)));
    if (d) return { step: i, ...d };
  }
  return null;
}
export function readCases(file) {
  const raw = fs.readFileSync(file);
  const t = (file.endsWith('.gz') ? zlib.gunzipSync(raw) : raw).toString('utf8');
  return t
    .split('\n')
    .filter(Boolean)
    .map((l) => JSON.parse(l));
}
export async function pool(items, n, fn) {
  let i = 0;
  await Promise.all(
    Array.from({ length: Math.min(n, items.length) }, async () => {
      while (i < items.length) {
        const k = i++;
        await fn(items[k], k);
      }
    }),
  );
}
async function main() {
  const a = {};
  for (let i = 2; i < process.argv.length; i++) {
    const k = process.argv[i].replace(/^--/, '');
    if (['loose', 'verbose'].includes(k)) a[k] = true;
    else a[k] = process.argv[++i];
  }
  if (!a.server) {
    console.error(
      'usage: golden.mjs --server URL [--token T] [--dir golden] [--topic X] [--limit N] [--only ID] [--report F]',
    );
    process.exit(2);
  }
  const client = new Client(a);
  const dir = a.dir || path.join(path.dirname(fileURLToPath(import.meta.url)), 'golden');
  const files = fs
    .readdirSync(dir)
    .filter((f) => /\.jsonl(\.gz)?$/.test(f))
    .sort();
  const topics = a.topic ? new Set(a.topic.split(',')) : null;
  const opts = { salt: a.salt || String(Date.now()) };
  const report = { topics: {}, failures: [] };
  const t0 = Date.now();
  let P = 0,
    L = 0,
    N = 0;
  for (const f of files) {
    const topic = f.replace(/\.jsonl(\.gz)?$/, '');
    if (topics && ![...topics].some((x) => topic === x || topic.startsWith(x + '-'))) continue;
    let cases = readCases(path.join(dir, f));
    if (a.only) cases = cases.filter((c) => c.id === a.only);
    if (a.limit) cases = cases.slice(0, Number(a.limit));
    if (!cases.length) continue;
    const st = { passed: 0, failed: 0, loose: 0 };
    const t1 = Date.now();
    const one = async (c) => {
      let d, dl;
      try {
        const r = await runCase(client, c, opts);
        d = compareCase(c, r, false);
        dl = d && compareCase(c, r, true);
      } catch (e) {
        d = { step: -1, path: '', expected: 'no exception', actual: String(e?.message || e) };
        dl = d;
      }
      if (!d) st.passed++;
      else {
        st.failed++;
        report.failures.push({ id: c.id, group: c.group, ...d });
        if (a.verbose)
          console.log(
            `FAIL ${c.id} step ${d.step} ${d.path}\n  expected ${JSON.stringify(d.expected)}\n  actual   ${JSON.stringify(d.actual)}`,
          );
      }
      if (!dl) st.loose++;
    };
    await pool(
      cases.filter((c) => !c.serial),
      Number(a.concurrency || 8),
      one,
    );
    await pool(
      cases.filter((c) => c.serial),
      1,
      one,
    );
    report.topics[topic] = st;
    P += st.passed;
    L += st.loose;
    N += st.passed + st.failed;
    console.log(
      `${topic}: ${st.passed} passed, ${st.failed} failed (loose: ${st.loose} passed) ${((Date.now() - t1) / 1000).toFixed(1)} s`,
    );
  }
  console.log(
    `total: ${P} passed, ${N - P} failed of ${N} (loose: ${L} passed) ${((Date.now() - t0) / 1000).toFixed(1)} s`,
  );
  report.total = { cases: N, passed: P, failed: N - P, loose: L, seconds: (Date.now() - t0) / 1000 };
  if (a.report) fs.writeFileSync(a.report, JSON.stringify(report, null, 1));
  client.agent.destroy();
  client.anon.destroy();
  process.exit(P === N ? 0 : 1);
}
if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) main();
