/**
 * A chart of our own with hooks for every step of a release's life: a web server whose word is a value, and Jobs that say
 * what they do.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const files: Readonly<Record<string, string>> = {
  'Chart.yaml': `apiVersion: v2
name: hooked
description: A web server with hooks for every step of its life
version: 0.1.0
appVersion: "1"
`,
  'values.yaml': `image: localhost/box:1
replicas: 1
word: one
# What the Job before an upgrade does: ends with this code, or runs on.
migrate:
  code: 0
  isEndless: false
# What the Job after an upgrade ends with.
check:
  code: 0
`,
  'templates/_job.tpl': `{{/* A hook Job: name, hook, weight, policies, log and script. */}}
{{- define "hooked.job" -}}
apiVersion: batch/v1
kind: Job
metadata:
  name: {{ .root.Release.Name }}-{{ .name }}
  annotations:
    helm.sh/hook: {{ .hook }}
    helm.sh/hook-weight: {{ .weight | default 0 | quote }}
    {{- with .policies }}
    helm.sh/hook-delete-policy: {{ . }}
    {{- end }}
    {{- with .logs }}
    helm.sh/hook-output-log-policy: {{ . }}
    {{- end }}
spec:
  backoffLimit: 0
  template:
    spec:
      restartPolicy: Never
      terminationGracePeriodSeconds: 1
      containers:
        - name: main
          image: {{ .root.Values.image }}
          imagePullPolicy: Never
          command: [sh, -c, {{ .script | quote }}]
{{- end }}
`,
  'templates/hooks.yaml': `{{ $root := . -}}
{{ $word := .Values.word -}}
{{ include "hooked.job" (dict "root" $root "name" "prepare" "hook" "pre-install"
  "policies" "hook-succeeded" "logs" "hook-succeeded" "script" (printf "echo prepared %s" $word)) }}
---
{{ include "hooked.job" (dict "root" $root "name" "welcome" "hook" "post-install"
  "script" (printf "wget -qO- http://%s/word" .Release.Name)) }}
---
{{ include "hooked.job" (dict "root" $root "name" "backup" "hook" "pre-upgrade" "weight" -5
  "policies" "before-hook-creation,hook-succeeded" "logs" "hook-succeeded" "script" (printf "echo backed up before %s" $word)) }}
---
{{ $end := ternary "sleep 1000" (printf "exit %v" .Values.migrate.code) .Values.migrate.isEndless -}}
{{ include "hooked.job" (dict "root" $root "name" "migrate" "hook" "pre-upgrade" "weight" 5
  "policies" "before-hook-creation" "logs" "hook-succeeded,hook-failed" "script" (printf "echo migrating to %s; %s" $word $end)) }}
---
{{ include "hooked.job" (dict "root" $root "name" "check" "hook" "post-upgrade"
  "policies" "hook-succeeded,hook-failed" "logs" "hook-failed"
  "script" (printf "wget -qO- http://%s/word; echo; exit %v" .Release.Name .Values.check.code)) }}
---
{{ include "hooked.job" (dict "root" $root "name" "farewell" "hook" "pre-delete"
  "policies" "hook-succeeded" "logs" "hook-succeeded" "script" (printf "echo farewell %s" $word)) }}
`,
  'templates/web.yaml': `apiVersion: v1
kind: ConfigMap
metadata:
  name: {{ .Release.Name }}
data:
  word: {{ .Values.word }}
---
apiVersion: v1
kind: Service
metadata:
  name: {{ .Release.Name }}
spec:
  selector:
    app: {{ .Release.Name }}
  ports:
    - port: 80
      targetPort: 8080
---
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ .Release.Name }}
spec:
  replicas: {{ .Values.replicas }}
  selector:
    matchLabels:
      app: {{ .Release.Name }}
  strategy:
    rollingUpdate:
      maxUnavailable: 0
  template:
    metadata:
      labels:
        app: {{ .Release.Name }}
      annotations:
        word: {{ .Values.word }}
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: web
          image: {{ .Values.image }}
          imagePullPolicy: Never
          command: [sh, -c, trap 'exit 0' TERM; httpd -f -p 8080 -h /content & wait $!]
          ports:
            - containerPort: 8080
          readinessProbe:
            httpGet:
              path: /word
              port: 8080
            periodSeconds: 1
          volumeMounts:
            - name: content
              mountPath: /content
      volumes:
        - name: content
          configMap:
            name: {{ .Release.Name }}
`,
  'templates/tests/answers.yaml': `apiVersion: v1
kind: Pod
metadata:
  name: {{ .Release.Name }}-answers
  annotations:
    helm.sh/hook: test
spec:
  restartPolicy: Never
  containers:
    - name: main
      image: {{ .Values.image }}
      imagePullPolicy: Never
      command: [sh, -c, 'echo "it says $(wget -qO- http://{{ .Release.Name }}/word)"']
`,
  'templates/NOTES.txt': `{{ .Release.Name }} says {{ .Values.word }} from {{ .Values.replicas }} pod(s).
`,
};

/** Writes the chart into a folder. */
export function writeHookedChart(folder: string): void {
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}
