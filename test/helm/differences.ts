const certificates = 'calls genCA or genSignedCert, whose port is not there yet';
const bcrypt = 'calls htpasswd, whose port (bcrypt) is not there yet';

/** Runs of the corpus that differ from Helm's output, each with its reason. */
export const knownDifferences: Readonly<Record<string, string>> = {
  'bitnami+charts bitnami/neo4j default': certificates,
  'bitnami+charts bitnami/prometheus default': 'toYamlPretty does not indent lists yet',
  'bitnami+charts bitnami/thanos default': certificates,
  'helm+charts stable/couchbase-operator default': certificates,
  'helm+charts stable/opa default': certificates,
  'helm+charts stable/pomerium default': certificates,
  'helm+charts stable/pomerium default-values.yaml': certificates,
  'prometheus-community+helm-charts charts/prometheus-pushgateway basic-auth-values.yaml': bcrypt,
  'prometheus-community+helm-charts charts/prometheus-pushgateway servicemonitor-basicauth-secret-values.yaml': bcrypt,
  'prometheus-community+helm-charts charts/prometheus-pushgateway servicemonitor-basicauth-values.yaml': bcrypt,
};
