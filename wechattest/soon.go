package wechattest

import (
	"io"
	"net/http"
	"time"
)

type user struct{}
type loginCode struct{}
type phoneCode struct{}
type tokenLedger struct{}
type masks struct{}

func newMasks() masks                                                 { return masks{} }
func (s settings) validate() error                                    { return nil }
func (s *Simulator) newRoutes() http.Handler                          { return http.NotFoundHandler() }
func newNotifyTransport() http.RoundTripper                           { return &http.Transport{} }
func (s *Simulator) loadStateFile() error                             { return nil }
func (s *Simulator) saveStateFile() error                             { return nil }
func (s *Simulator) keepStateFile()                                   {}
func (s *Simulator) sendDueNotices()                                  {}
func (s *Simulator) ServeHTTP(w http.ResponseWriter, r *http.Request) { s.routes.ServeHTTP(w, r) }
func (s *Simulator) Snapshot(w io.Writer) error                       { panic("soon") }
func (s *Simulator) Restore(r io.Reader) error                        { panic("soon") }

var _ = time.Now
