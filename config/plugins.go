package config

import "time"

// Plugins names the plugin processes. Key: plugins.
type Plugins struct {
	Dir     string            // Key: dir. Holds <id>/<version>/plugin.yaml. Required when any is enabled.
	RunDir  string            // Key: run-dir. Private folder for sockets and copies. Default: wechat<uid> in the temp dir.
	Mode    string            // Key: mode. PluginsLocked or PluginsDev. Default: locked.
	Lock    string            // Key: lock. File with the hash of each folder. Default: plugins.lock beside the file Load reads.
	Enabled map[string]Plugin // Key: enabled. By plugin id; only what is named here is ever started.
}

// Plugin is what operations decide about one plugin. Key: plugins.enabled.<id>.
type Plugin struct {
	Version string            // Key: version. Required.
	Config  Settings          // Key: config. Handed to the plugin as JSON; its keys are the plugin's own, not relaxed.
	Secrets map[string]Secret // Key: secrets. By name; values may be ${ENV} or file:/path.
	Grant   []string          // Key: grant. Permissions it gets of those its manifest asks for.
	// Required makes the host's start fail when the plugin cannot run as it is. Key: required. Default: false.
	Required bool
	Limits   Limits // Key: limits. May only lower what the plugin's manifest asks for.
	Canary   Canary // Key: canary. Another version that is tried beside this one.
}

// Limits bound one plugin. Key: plugins.enabled.<id>.limits.
type Limits struct {
	Timeout     time.Duration // Key: timeout. One hand-over. Default: the manifest's, else 15s.
	Concurrency int           // Key: concurrency. Hand-overs at once. Default: the manifest's, else 8.
	User        string        // Key: user. Whom its process runs as, by name or number. Default: the host's user.
	Memory      string        // Key: memory. Such as 128MiB, see ParseMemory. Default: the manifest's, else 256MiB.
}

// What plugins.mode may say.
const (
	PluginsLocked = "locked" // only what plugins.lock pins, in folders that the host's user cannot change
	PluginsDev    = "dev"    // whatever lies there; refused in production
)

// LockName is the file name of the lock beside the configuration file.
const LockName = "plugins.lock"

// enabledPath is the section whose keys are plugin ids.
const enabledPath = "plugins.enabled"

func (p *Plugins) keys() []key {
	return []key{
		{path: "plugins.dir", to: &p.Dir, need: "any plugin is enabled",
			doc: "Folder of the plugins; holds <id>/<version>/plugin.yaml."},
		{path: "plugins.run-dir", to: &p.RunDir, auto: "wechat and the user's number in the system's temp dir",
			doc: "Private folder for the sockets, work folders and verified copies of plugins, shared by hosts of one user. Keep its path short: 59 bytes always fit. Not on a file system mounted noexec."},
		{path: "plugins.mode", to: &p.Mode, def: PluginsLocked,
			doc: "locked or dev. dev runs folders whatever their owner, their modes and plugins.lock; refused in production, that is with pay.produce or APP_ENV=production."},
		{path: "plugins.lock", to: &p.Lock, auto: "plugins.lock beside the configuration file", need: "in production, when the configuration comes from no file",
			doc: "File with the expected hash of each plugin's folder, written by wechatctl plugin lock. Never in plugins.dir."},
	}
}

// keys lists the settings of the plugin with that id. The entries of secrets are not in it: their names are the
// plugin's own.
func (p *Plugin) keys(id string) []key {
	section := enabledPath + "." + id + "."
	return append([]key{
		{path: section + "version", to: &p.Version, need: "the plugin is enabled",
			doc: "Version to run, for example 1.4.0. Names the folder below plugins.dir."},
		{path: section + "config", to: &p.Config,
			doc: "Handed to the plugin as JSON. Its keys are the plugin's own and stay as they are written. Never printed, it can hold a secret."},
		{path: section + "grant", to: &p.Grant,
			doc: "Permissions the plugin gets, of those its manifest asks for: orders.read, orders.close, refunds.create (no verb yet), users.read."},
		{path: section + "required", to: &p.Required, def: "false",
			doc: "The host's start waits for this plugin and fails when it cannot run as it is."},
		{path: section + "limits.timeout", to: &p.Limits.Timeout, auto: "the manifest's, else 15s",
			doc: "Bounds one hand-over. May only lower what the manifest asks for. Up to 10m."},
		{path: section + "limits.concurrency", to: &p.Limits.Concurrency, auto: "the manifest's, else 8",
			doc: "Hand-overs at once. May only lower what the manifest asks for. 1 to 1000."},
		{path: section + "limits.user", to: &p.Limits.User, auto: "the host's user",
			doc: "User, by name or number, as whom the plugin runs. Only for a host that runs as root; not on Windows."},
		{path: section + "limits.memory", to: &p.Limits.Memory, auto: "the manifest's, else 256MiB",
			doc: "Memory of its process. May only lower what the manifest asks for. Such as 128MiB or 2GiB, from 16MiB."},
	}, p.Canary.keys(section+"canary.")...)
}

// secretKey is the setting of one secret of the plugin with that id.
func secretKey(id, name string, to *Secret) key {
	return key{path: enabledPath + "." + id + ".secrets." + name, to: to,
		doc: "Secret handed to the plugin under that name: a value, ${ENV}, file:/path, {env: NAME} or {file: /path}."}
}
