#!/usr/bin/env bash
# Prints the path of helm 3.22.0: $HELM, the one on PATH if it is that version, or one built here with `go install` and cached outside the tree.
# What Helm's own releases set when they are linked is set here, too: the version of Kubernetes that is assumed without a cluster.
set -euo pipefail
version=3.22.0
if [ -n "${HELM:-}" ]; then echo "$HELM"; exit 0; fi
if command -v helm >/dev/null && helm version --short 2>/dev/null | grep -q "^v$version\b"; then command -v helm; exit 0; fi
cache=${XDG_CACHE_HOME:-$HOME/.cache}/wheelhouse/helm-$version
if [ ! -x "$cache/helm" ]; then
  PATH=$PATH:/usr/local/go/bin
  command -v go >/dev/null || { echo "the tests with real helm need helm $version, or Go to build it, on PATH" >&2; exit 1; }
  mkdir -p "$cache"
  minor=37
  flags="-s -w"
  for package in pkg/lint/rules pkg/chartutil; do
    flags="$flags -X helm.sh/helm/v3/$package.k8sVersionMajor=1 -X helm.sh/helm/v3/$package.k8sVersionMinor=$minor"
  done
  GOBIN=$cache CGO_ENABLED=0 go install -ldflags "$flags" "helm.sh/helm/v3/cmd/helm@v$version" >&2 || { echo "helm $version could not be built: Go's words are above" >&2; exit 1; }
fi
echo "$cache/helm"
