package wechattest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// snapshotVersion changes when an older snapshot could not be read any more.
const snapshotVersion = 2

// saveDelay gathers changes that follow each other into one write of the state file, in real time.
const saveDelay = 100 * time.Millisecond

type snapshot struct {
	Version int       `json:"version"`
	Now     time.Time `json:"now,omitzero"` // by the simulator's clock
	State   state     `json:"state"`
}

// Snapshot writes everything the simulator remembers as JSON: users, codes, tokens, orders, notices and their journal.
// It holds session keys and access tokens of this local WeChat.
func (s *Simulator) Snapshot(w io.Writer) error {
	var content []byte
	var err error
	s.view(func(st *state) {
		content, err = json.MarshalIndent(snapshot{snapshotVersion, s.settings.clock.Now(), *st}, "", " ")
	})
	if err == nil {
		_, err = w.Write(content)
	}
	if err != nil {
		return fmt.Errorf("wechattest: snapshot: %w", err)
	}
	return nil
}

// Restore replaces everything the simulator remembers by a snapshot. Notices that are due are sent, retries go on. A
// [SpeedClock] goes on where the snapshot was taken, if that is later.
func (s *Simulator) Restore(r io.Reader) error {
	read := snapshot{State: newState()}
	if err := json.NewDecoder(r).Decode(&read); err != nil {
		return fmt.Errorf("wechattest: restore: %w", err)
	}
	if read.Version != snapshotVersion {
		return fmt.Errorf("wechattest: restore: snapshot version %d, not %d", read.Version, snapshotVersion)
	}
	if clock, is := s.settings.clock.(*SpeedClock); is {
		clock.catchUp(read.Now)
	}
	read.State.reindex()
	s.update(func(st *state) { *st = read.State })
	return nil
}

func (s *Simulator) loadStateFile() error {
	if s.settings.stateFile == "" {
		return nil
	}
	file, err := os.Open(s.settings.stateFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read the state file: %w", err)
	}
	defer func() { _ = file.Close() }()
	return s.Restore(file)
}

// keepStateFile writes the state file after changes, until Close, which writes it a last time.
func (s *Simulator) keepStateFile() {
	changed := s.changes()
	for {
		select {
		case <-changed:
		case <-s.ctx.Done():
			return
		}
		select {
		case <-time.After(saveDelay):
		case <-s.ctx.Done():
			return
		}
		changed = s.changes()
		_ = s.saveStateFile() // Close saves again and reports
	}
}

// saveStateFile replaces the state file in one step, so that a crash leaves the old or the new one.
func (s *Simulator) saveStateFile() error {
	path := s.settings.stateFile
	if path == "" {
		return nil
	}
	file, err := os.OpenFile(path+".new", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("wechattest: write the state file: %w", err)
	}
	err = errors.Join(s.Snapshot(file), file.Sync(), file.Close())
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	return err
}
