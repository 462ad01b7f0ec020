package host

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"wgink.ink/wechat/plugins/internal/wire"
	"wgink.ink/wechat/plugins/pluginv1"
)

// introduce asks a connected process what it is, checks that against the plan, and configures it.
func (p *process) introduce(ctx context.Context, hostVersion string) error {
	if err := p.describe(ctx); err != nil {
		return err
	}
	if err := p.configure(ctx, hostVersion); err != nil {
		return err
	}
	st, err := p.status(ctx, p.limits.healthCall)
	if err != nil {
		return fmt.Errorf("status after configuration: %w", err)
	}
	if !st.GetReady() {
		return fmt.Errorf("not ready after configuration: %s", p.clean(st.GetReason()))
	}
	p.dir.worked(p.staged)
	return nil
}

func (p *process) describe(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, p.limits.describe)
	defer cancel()
	d, err := p.control.Describe(ctx, &pluginv1.DescribeRequest{})
	if status.Code(err) == codes.Unimplemented {
		return permanent(errors.New("is no WeChat plugin: it does not serve " + pluginv1.PluginService_ServiceDesc.ServiceName))
	}
	if err != nil {
		return fmt.Errorf("describe: %w", p.cleanError(err, p.limits.describe))
	}
	var problems []error
	if id := d.GetId(); id != "" && id != p.plan.id {
		problems = append(problems, fmt.Errorf("calls itself %q, not %q", p.clean(id), p.plan.id))
	}
	if v := d.GetVersion(); v != "" && v != p.plan.version {
		problems = append(problems, fmt.Errorf("is version %q, not %q as its manifest says", p.clean(v), p.plan.version))
	}
	for _, pattern := range p.plan.manifest.Handles {
		problems = append(problems, missing(pattern, d.GetServices()))
	}
	if p.shadow != nil && !slices.Contains(d.GetFeatures(), wire.FeatureShadow) {
		problems = append(problems, errors.New("does not declare the feature shadow, so it could really do what a shadow run must "+
			"only show: its handler needs the method HonoursShadow, and must keep what that promises"))
	}
	if err := errors.Join(problems...); err != nil {
		return permanent(err)
	}
	p.takes, p.features = d.GetServices(), d.GetFeatures()
	return nil
}

// missing tells what a plugin lacks to take every event its manifest asks for; without it such events would come only
// to be rejected.
func missing(pattern wire.Pattern, services []string) error {
	var methods []string
	for _, kind := range pattern.Kinds() {
		if _, ok := kind.In(services); !ok {
			methods = append(methods, kind.Method())
		}
	}
	if len(methods) == 0 {
		return nil
	}
	return fmt.Errorf("handles %s, but its handler has no %s", pattern, strings.Join(methods, " and no "))
}

func (p *process) configure(ctx context.Context, hostVersion string) error {
	ctx, cancel := context.WithTimeout(ctx, p.limits.configure)
	defer cancel()
	p.offerHost()
	_, err := p.control.Configure(ctx, &pluginv1.ConfigureRequest{
		Id: p.plan.id, Version: p.plan.version, ConfigJson: p.plan.config, Secrets: p.plan.secrets,
		MaxConcurrency: uint32(p.plan.concurrency), //nolint:gosec // 1 to concurrencyMax
		HostVersion:    hostVersion, HostFeatures: p.services.features(), HostBrokerId: p.offerID(),
		Permissions: p.plan.granted, Shadow: p.shadow != nil,
	})
	switch status.Code(err) {
	case codes.OK:
		return nil
	case codes.InvalidArgument:
		return permanent(fmt.Errorf("refuses its configuration: %w", p.cleanError(err, p.limits.configure)))
	default:
		return fmt.Errorf("configure: %w", p.cleanError(err, p.limits.configure))
	}
}

// errSilent is a process that does not answer in time.
var errSilent = errors.New("no answer")

// status asks the process how it is, and waits so long for the answer.
func (p *process) status(ctx context.Context, limit time.Duration) (*pluginv1.StatusResponse, error) {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	asked := time.Now()
	st, err := p.control.Status(ctx, &pluginv1.StatusRequest{})
	if err != nil {
		return nil, p.cleanError(err, limit)
	}
	if p.told != nil {
		p.told(asked, time.Now(), st)
	}
	return st, nil
}

// clean makes a text of the plugin's fit for logs and pages: it could hold a secret.
func (p *process) clean(text string) string { return p.runner.out.clean.text(text) }

// cleanError cleans the text of an error that came from the plugin within limit, and replaces what gRPC itself wrote.
func (p *process) cleanError(err error, limit time.Duration) error {
	st := status.Convert(err)
	switch st.Code() {
	case codes.Unavailable: // long
		return errors.New("the connection ended")
	case codes.DeadlineExceeded: // one of several texts
		return fmt.Errorf("%w within %v", errSilent, limit)
	default:
		return errors.New(p.clean(st.Message()))
	}
}
