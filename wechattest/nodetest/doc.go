// Package nodetest holds no code: its test lets SDKs of another language judge the local WeChat. It installs two API v3
// SDKs and a message-crypto package from the npm registry, pinned by js/package-lock.json, and runs them unmodified.
//
// What it is not. It does not test the SDKs. Without node, npm or the packages it is skipped, except where CI=true.
package nodetest
