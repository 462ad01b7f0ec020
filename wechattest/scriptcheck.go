package wechattest

import (
	"cmp"
	"errors"
	"fmt"
	"path"
	"reflect"
	"strings"
)

func (s Script) validate() error {
	var errs []error
	if len(s.Faults) == 0 && s.Skew == 0 {
		errs = append(errs, errors.New("it has neither faults nor a skew"))
	}
	for i, f := range s.Faults {
		if err := f.validate(); err != nil {
			errs = append(errs, fmt.Errorf("fault %d: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

func (f Fault) validate() error {
	var errs []error
	if oneOf(string(OnAnswer), string(OnNotice), string(OnLogin), string(OnPay))(string(f.On)) != "" {
		return fmt.Errorf("on: answer, notice, login or pay, not %q", f.On)
	}
	kinds := []string{string(SignatureProbe), string(SignatureForged), string(SignatureSerial), string(SignatureMissing), ""}
	if oneOf(kinds...)(string(f.Signature)) != "" {
		errs = append(errs, fmt.Errorf("signature: probe, wrong-key, wrong-serial or missing, not %q", f.Signature))
	}
	if oneOf("before", "after", "")(f.When) != "" {
		errs = append(errs, fmt.Errorf("when: before or after, not %q", f.When))
	}
	if f.Chance < 0 || f.Chance > 1 {
		errs = append(errs, fmt.Errorf("chance: between 0 and 1, not %v", f.Chance))
	}
	for _, status := range []int{f.Status, f.HTML} {
		if status != 0 && (status < 200 || status > 599) {
			errs = append(errs, fmt.Errorf("status, html: 200 to 599, not %d", status))
		}
	}
	if n := len(f.Change.SealWith); n != 0 && n != 32 {
		errs = append(errs, fmt.Errorf("seal_with: 32 bytes, not %d", n))
	}
	if min(int64(f.Skip), int64(f.Times), int64(f.Cut), int64(f.Duplicate), int64(f.Delay), int64(f.Shuffle), int64(f.Late), f.PortalRefund) < 0 {
		errs = append(errs, errors.New("numbers and durations must not be negative"))
	}
	_, badPath := path.Match(f.Path, "")
	_, badOrder := path.Match(f.Order, "")
	_, badEvent := path.Match(f.Event, "")
	return errors.Join(append(errs, cmp.Or(badPath, badOrder, badEvent), f.checkKeys())...)
}

// checkKeys refuses what would play without effect: keys that mean nothing in this place, and a fault that does nothing.
func (f Fault) checkKeys() error {
	alien, effect := f, f
	alien.On, alien.Skip, alien.Times, alien.Chance = "", 0, 0, 0
	switch f.On {
	case OnAnswer:
		alien.Method, alien.Path, alien.Delay, alien.Signature, alien.AnswerFault = "", "", 0, "", AnswerFault{}
	case OnNotice:
		alien.Order, alien.Event, alien.Delay, alien.Signature, alien.NoticeFault = "", "", 0, "", NoticeFault{}
	case OnLogin:
		alien.SameCode, alien.NewKey, alien.NoUnionID = false, false, false
	case OnPay:
		alien.Order, alien.Late, alien.PortalRefund = "", 0, 0
	}
	if alien != (Fault{}) {
		return fmt.Errorf("on: %s knows no %s", f.On, strings.Join(keys(reflect.ValueOf(alien)), ", "))
	}
	effect.On, effect.Skip, effect.Times, effect.Chance = "", 0, 0, 0
	effect.Method, effect.Path, effect.Order, effect.Event = "", "", "", ""
	effect.When, effect.Code, effect.Message = "", "", ""
	if effect == (Fault{}) {
		return fmt.Errorf("on: %s, but nothing goes wrong", f.On)
	}
	return nil
}

// keys are the YAML names of the fields that are set.
func keys(v reflect.Value) (names []string) {
	for i := range v.NumField() {
		name, inline, _ := strings.Cut(v.Type().Field(i).Tag.Get("yaml"), ",")
		switch {
		case v.Field(i).IsZero():
		case inline == "inline":
			names = append(names, keys(v.Field(i))...)
		default:
			names = append(names, name)
		}
	}
	return names
}
