package wxpay

import (
	"context"
	"slices"
	"sync"
)

// memoryKeys is a KeyStore.
type memoryKeys struct {
	mu    sync.Mutex
	keys  []StoredKey
	err   error
	saves int
}

func (m *memoryKeys) LoadPlatformKeys(context.Context, string) ([]StoredKey, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.keys), m.err
}

func (m *memoryKeys) SavePlatformKeys(_ context.Context, _ string, keys []StoredKey) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	m.keys, m.saves = slices.Clone(keys), m.saves+1
	return nil
}
