// Package nodetest holds no code: its test runs plugins/template-node, the plugin in Node.js, under the real host. It
// installs the pinned packages from the npm registry or its cache. Without node, npm or the packages it is skipped,
// except where CI=true.
package nodetest
