import { test } from 'node:test';
import assert from 'node:assert/strict';
import { clusterrolebindings, clusterroles, rolebindings, roles } from '#api/generated/resources.ts';
import type { UserInfo } from '#api/handler.ts';
import type { StatusError } from '#api/status.ts';
import { rbacAuthorizer } from '#kinds/authorizers/rbac.ts';
import { checkBinding, checkRole } from '#kinds/rbac/escalation.ts';
import { missingRules, type Rule, ruleAllows } from '#kinds/rbac/rule.ts';
import { validateBinding, validateRules } from '#kinds/rbac/validation.ts';
import { MemoryCluster } from '#kinds/testdata/memory-call.ts';

const jane: UserInfo = { name: 'jane', groups: ['dev'] };
const pods = (verb: string, name = '', subresource = '') => ({
  user: jane,
  verb,
  resource: { group: '', version: 'v1', plural: 'pods', subresource, namespace: 'ns', name },
});

const matches: readonly [string, Rule, ReturnType<typeof pods>, boolean][] = [
  ['exact', { apiGroups: [''], resources: ['pods'], verbs: ['get'] }, pods('get'), true],
  ['other verb', { apiGroups: [''], resources: ['pods'], verbs: ['get'] }, pods('list'), false],
  ['other group', { apiGroups: ['apps'], resources: ['pods'], verbs: ['*'] }, pods('get'), false],
  [
    'resource does not cover subresource',
    { apiGroups: [''], resources: ['pods'], verbs: ['*'] },
    pods('get', '', 'log'),
    false,
  ],
  ['subresource of all', { apiGroups: [''], resources: ['*/log'], verbs: ['get'] }, pods('get', '', 'log'), true],
  ['star covers subresources', { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }, pods('get', '', 'log'), true],
  ['name', { apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: ['a'] }, pods('get', 'a'), true],
  [
    'other name',
    { apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: ['a'] },
    pods('get', 'b'),
    false,
  ],
];
for (const [title, rule, request, expected] of matches)
  test(`rule: ${title}`, () => assert.equal(ruleAllows(rule, request), expected));

test('URLs match exactly or by their beginning', () => {
  const rule: Rule = { nonResourceURLs: ['/healthz', '/metrics/*'], verbs: ['get'] };
  const asks = (path: string) => ruleAllows(rule, { user: jane, verb: 'get', path });
  assert.deepEqual(['/healthz', '/healthz/x', '/metrics/a', '/metrics'].map(asks), [true, false, true, false]);
});

function cluster(): MemoryCluster {
  const world = new MemoryCluster();
  const ref = (kind: string, name: string) => ({ apiGroup: 'rbac.authorization.k8s.io', kind, name });
  world.put(clusterroles, {
    metadata: { name: 'view' },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get', 'list'] }],
  });
  world.put(roles, {
    metadata: { namespace: 'ns', name: 'writer' },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['create'] }],
  });
  world.put(clusterrolebindings, {
    metadata: { name: 'viewers' },
    roleRef: ref('ClusterRole', 'view'),
    subjects: [{ kind: 'Group', name: 'dev' }],
  });
  world.put(rolebindings, {
    metadata: { namespace: 'ns', name: 'writers' },
    roleRef: ref('Role', 'writer'),
    subjects: [
      { kind: 'ServiceAccount', name: 'bot' },
      { kind: 'User', name: 'jane' },
    ],
  });
  world.put(rolebindings, {
    metadata: { namespace: 'ns', name: 'broken' },
    roleRef: ref('Role', 'gone'),
    subjects: [{ kind: 'User', name: 'jane' }],
  });
  return world;
}

const decisions: readonly [string, UserInfo, string, string, string][] = [
  [
    'by group',
    jane,
    'get',
    'allow',
    'RBAC: allowed by ClusterRoleBinding "viewers" of ClusterRole "view" to Group "dev"',
  ],
  [
    'by user in a namespace',
    jane,
    'create',
    'allow',
    'RBAC: allowed by RoleBinding "writers/ns" of Role "writer" to User "jane"',
  ],
  [
    'by account',
    { name: 'system:serviceaccount:ns:bot', groups: [] },
    'create',
    'allow',
    'RBAC: allowed by RoleBinding "writers/ns" of Role "writer" to ServiceAccount "bot/ns"',
  ],
  [
    'not at all, with a broken binding',
    jane,
    'delete',
    'no-opinion',
    'RBAC: role.rbac.authorization.k8s.io "gone" not found',
  ],
  ['not at all', { name: 'joe', groups: [] }, 'get', 'no-opinion', ''],
];
for (const [title, user, verb, decision, reason] of decisions) {
  test(`authorized ${title}`, () => {
    const answer = rbacAuthorizer.create(cluster().reader).authorize({ ...pods(verb), user });
    assert.deepEqual(answer, { decision, reason });
  });
}

test('what a role would grant must be held', () => {
  const call = cluster().call({ user: jane });
  const held = {
    metadata: { name: 'r', namespace: 'ns' },
    rules: [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }],
  };
  checkRole(held, undefined, roles, call);
  const more = { ...held, rules: [{ apiGroups: ['', 'apps'], resources: ['pods'], verbs: ['get', 'delete'] }] };
  assert.throws(
    () => checkRole(more, undefined, roles, call),
    (error: StatusError) => {
      assert.equal(
        error.message,
        'roles.rbac.authorization.k8s.io "r" is forbidden: user "jane" (groups=["dev"]) is attempting to grant RBAC permissions not currently held:\n' +
          '{APIGroups:[""], Resources:["pods"], Verbs:["delete"]}\n{APIGroups:["apps"], Resources:["pods"], Verbs:["get" "delete"]}' +
          '; resolution errors: [role.rbac.authorization.k8s.io "gone" not found]',
      );
      return error.code === 403;
    },
  );
});

test('binding needs the rules, or the verb bind', () => {
  const world = cluster();
  const binding = {
    metadata: { name: 'b', namespace: 'ns' },
    roleRef: { apiGroup: '', kind: 'ClusterRole', name: 'view' },
  };
  checkBinding(binding, undefined, rolebindings, world.call({ user: jane }));
  const joe: UserInfo = { name: 'joe', groups: [] };
  assert.throws(() => checkBinding(binding, undefined, rolebindings, world.call({ user: joe })), /not currently held/);
  const authorizer = {
    authorize: ({ verb }: { verb: string }) =>
      ({ decision: verb === 'bind' ? 'allow' : 'no-opinion', reason: '' }) as const,
  };
  checkBinding(binding, undefined, rolebindings, world.call({ user: joe, authorizer }));
});

test('a name restricts what a rule covers', () => {
  const owned: Rule[] = [{ apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: ['a'] }];
  assert.equal(missingRules(owned, [{ apiGroups: [''], resources: ['pods'], verbs: ['get'] }]).length, 1);
  assert.equal(
    missingRules(owned, [{ apiGroups: [''], resources: ['pods'], verbs: ['get'], resourceNames: ['a'] }]).length,
    0,
  );
});

test('broken rules and bindings are told', () => {
  assert.deepEqual(
    validateRules([{ verbs: [] }, { verbs: ['get'], nonResourceURLs: ['/x'], resources: ['pods'] }], true).map(
      ({ field }) => field,
    ),
    [
      'rules[0].verbs',
      'rules[0].apiGroups',
      'rules[0].resources',
      'rules[1].nonResourceURLs',
      'rules[1].nonResourceURLs',
    ],
  );
  const binding = {
    roleRef: { apiGroup: 'x', kind: 'Role', name: '' },
    subjects: [
      { kind: 'ServiceAccount', name: 'a' },
      { kind: 'Robot', name: 'b' },
    ],
  };
  assert.deepEqual(
    validateBinding(binding, false).map(({ field }) => field),
    ['roleRef.apiGroup', 'roleRef.kind', 'roleRef.name', 'subjects[0].namespace', 'subjects[1].kind'],
  );
});
