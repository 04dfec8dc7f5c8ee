/**
 * The part of containerd's own services that the agent speaks (processes in containers and events), as .proto text.
 * @see https://github.com/containerd/containerd/tree/main/api
 */
export const tasksProto = `
syntax = "proto3";
package containerd.services.tasks.v1;
service Tasks {
  rpc Get(GetRequest) returns (GetResponse);
  rpc Start(StartRequest) returns (StartResponse);
  rpc DeleteProcess(DeleteProcessRequest) returns (DeleteResponse);
  rpc Kill(KillRequest) returns (Nothing);
  rpc Exec(ExecProcessRequest) returns (Nothing);
  rpc ResizePty(ResizePtyRequest) returns (Nothing);
  rpc CloseIO(CloseIORequest) returns (Nothing);
  rpc Wait(WaitRequest) returns (WaitResponse);
}
message Nothing {}
message Value { string type_url = 1; bytes value = 2; }
message GetRequest { string container_id = 1; string exec_id = 2; }
message Process { string container_id = 1; string id = 2; uint32 pid = 3; uint32 status = 4; bool terminal = 8; }
message GetResponse { Process process = 1; }
message StartRequest { string container_id = 1; string exec_id = 2; }
message StartResponse { uint32 pid = 1; }
message DeleteProcessRequest { string container_id = 1; string exec_id = 2; }
message DeleteResponse { string id = 1; uint32 pid = 2; uint32 exit_status = 3; }
message KillRequest { string container_id = 1; string exec_id = 2; uint32 signal = 3; bool all = 4; }
message ExecProcessRequest {
  string container_id = 1;
  string stdin = 2;
  string stdout = 3;
  string stderr = 4;
  bool terminal = 5;
  Value spec = 6;
  string exec_id = 7;
}
message ResizePtyRequest { string container_id = 1; string exec_id = 2; uint32 width = 3; uint32 height = 4; }
message CloseIORequest { string container_id = 1; string exec_id = 2; bool stdin = 3; }
message WaitRequest { string container_id = 1; string exec_id = 2; }
message WaitResponse { uint32 exit_status = 1; }
`;

export const eventsProto = `
syntax = "proto3";
package containerd.services.events.v1;
service Events {
  rpc Subscribe(SubscribeRequest) returns (stream Envelope);
}
message SubscribeRequest { repeated string filters = 1; }
message Time { int64 seconds = 1; int32 nanos = 2; }
message Value { string type_url = 1; bytes value = 2; }
message Envelope { Time timestamp = 1; string namespace = 2; string topic = 3; Value event = 4; }
message TaskStart { string container_id = 1; uint32 pid = 2; }
message TaskExit { string container_id = 1; string id = 2; uint32 pid = 3; uint32 exit_status = 4; }
message TaskOOM { string container_id = 1; }
message TaskDelete { string container_id = 1; uint32 pid = 2; uint32 exit_status = 3; Time exited_at = 4; string id = 5; }
`;

export const snapshotsProto = `
syntax = "proto3";
package containerd.services.snapshots.v1;
service Snapshots {
  rpc View(ViewRequest) returns (MountsAnswer);
  rpc Mounts(MountsRequest) returns (MountsAnswer);
  rpc Remove(RemoveRequest) returns (Nothing);
  rpc List(ListSnapshotsRequest) returns (stream ListSnapshotsResponse);
}
message Nothing {}
message Info { string name = 1; string parent = 2; }
message ListSnapshotsRequest { string snapshotter = 1; repeated string filters = 2; }
message ListSnapshotsResponse { repeated Info info = 1; }
message Mount { string type = 1; string source = 2; string target = 3; repeated string options = 4; }
message ViewRequest { string snapshotter = 1; string key = 2; string parent = 3; map<string, string> labels = 4; }
message MountsRequest { string snapshotter = 1; string key = 2; }
message MountsAnswer { repeated Mount mounts = 1; }
message RemoveRequest { string snapshotter = 1; string key = 2; }
`;

export const containersProto = `
syntax = "proto3";
package containerd.services.containers.v1;
service Containers {
  rpc Get(GetContainerRequest) returns (GetContainerResponse);
}
message Value { string type_url = 1; bytes value = 2; }
message Container { string id = 1; map<string, string> labels = 2; string image = 3; Value spec = 5; }
message GetContainerRequest { string id = 1; }
message GetContainerResponse { Container container = 1; }
`;
