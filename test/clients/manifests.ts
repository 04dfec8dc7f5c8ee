/** What the tests of clients apply: a web server that answers a word, its Service, and a pod that repeats what it hears. */

export const image = 'localhost/box:1';

export interface HelloOptions {
  readonly replicas: number;
  readonly word: string;
}

/** Three pods of it take a second or two to roll out. Served on 8080 as /word; ends with a document separator. */
export function hello({ replicas, word }: HelloOptions): string {
  return `apiVersion: apps/v1
kind: Deployment
metadata:
  name: hello
spec:
  replicas: ${replicas}
  selector:
    matchLabels:
      app: hello
  template:
    metadata:
      labels:
        app: hello
    spec:
      terminationGracePeriodSeconds: 1
      containers:
        - name: hello
          image: ${image}
          imagePullPolicy: Never
          command:
            - sh
            - -c
            - echo "$WORD" > /tmp/word; echo serving "$WORD"; trap 'exit 0' TERM; httpd -f -p 8080 -h /tmp & wait $!
          env:
            - name: WORD
              value: ${word}
          ports:
            - containerPort: 8080
          readinessProbe:
            httpGet:
              path: /word
              port: 8080
            periodSeconds: 1
---
`;
}

export const service = `apiVersion: v1
kind: Service
metadata:
  name: hello
spec:
  selector:
    app: hello
  ports:
    - port: 80
      targetPort: 8080
`;

export const box = `apiVersion: v1
kind: Pod
metadata:
  name: box
spec:
  terminationGracePeriodSeconds: 1
  containers:
    - name: box
      image: ${image}
      imagePullPolicy: Never
      stdin: true
      command: [sh, -c, 'trap "exit 0" TERM; while read line; do echo "got $line"; done; sleep 1000 & wait $!']
`;
