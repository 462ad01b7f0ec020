// Package pluginv1 is the contract between a host and its plugins, version 1 (protobuf package wechat.plugin.v1): the
// generated messages and gRPC services. Plugin authors use package sdk instead; other languages use the .proto files
// below proto/.
//
// Only fields and methods are ever added to version 1. All other Go files here are made from the .proto files.
package pluginv1
