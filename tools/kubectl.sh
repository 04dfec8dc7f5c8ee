#!/usr/bin/env bash
# Prints the path of a kubectl: the one on PATH (1.32 or newer), or one built here from pinned Go modules and cached outside the tree.
set -euo pipefail
cd "$(dirname "$0")/kubectl"
if command -v kubectl >/dev/null; then
  minor=$(kubectl version --client -o json 2>/dev/null | sed -n 's/.*"minor": *"\([0-9]*\).*/\1/p')
  if [ "${minor:-0}" -ge 32 ]; then command -v kubectl; exit 0; fi
fi
version=$(sed -n 's/.*k8s.io\/kubectl v0\.//p' go.mod)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/wheelhouse/kubectl-1.$version
if [ ! -x "$cache/kubectl" ]; then
  command -v go >/dev/null || { echo "the tests with real kubectl need kubectl 1.32 or newer, or Go to build one, on PATH" >&2; exit 1; }
  mkdir -p "$cache"
  flags="-s -w -X k8s.io/component-base/version.gitVersion=v1.$version -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${version%%.*}"
  GOTOOLCHAIN=local CGO_ENABLED=0 go build -ldflags "$flags" -o "$cache/kubectl.new" . >&2 || { echo "kubectl could not be built from tools/kubectl: Go's words are above" >&2; exit 1; }
  mv "$cache/kubectl.new" "$cache/kubectl"
fi
echo "$cache/kubectl"
