package control

import (
	"context"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"

	"wgink.ink/wechat/wechattest"
)

// Phone is a person with a phone. The ids follow from the name.
type Phone struct {
	Name           string `json:"name"`
	OpenID         string `json:"openid"`
	OfficialOpenID string `json:"official_openid"`
	UnionID        string `json:"unionid"`
	Number         string `json:"number"`
}

// Code is what a phone hands to the mini-program; it works once, for five minutes.
type Code struct {
	Code string `json:"code"`
}

func (s *Server) phones() any { return s.allPhones() }

func (s *Server) allPhones() []Phone {
	phones := []Phone{}
	for _, name := range s.wechat.PhoneNames() {
		phones = append(phones, s.viewPhone(name))
	}
	return phones
}

func (s *Server) viewPhone(name string) Phone {
	p := s.wechat.Phone(name)
	return Phone{name, p.OpenID(), p.OpenIDUnder(s.wechat.OfficialAccount().AppID), p.UnionID(), p.Number()}
}

func (s *Server) addPhone(r *http.Request) (any, error) {
	var request struct {
		Name string `json:"name"`
	}
	if err := decode(r, &request); err != nil {
		return nil, err
	}
	if err := checkName(request.Name); err != nil {
		return nil, err
	}
	return s.viewPhone(request.Name), nil
}

func checkName(name string) error {
	if name == "" || len(name) > 60 || strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == '/' }) {
		return invalid("a phone's name has 1 to 60 bytes and no slash")
	}
	return nil
}

// phone is the phone a path names; a new name is a new person.
func (s *Server) phone(r *http.Request) (*wechattest.Phone, error) {
	name := r.PathValue("name")
	if err := checkName(name); err != nil {
		return nil, err
	}
	return s.wechat.Phone(name), nil
}

func (s *Server) logIn(r *http.Request) (any, error) {
	return s.code(r, (*wechattest.Phone).Login)
}

func (s *Server) grantPhone(r *http.Request) (any, error) {
	return s.code(r, (*wechattest.Phone).GrantPhone)
}

func (s *Server) code(r *http.Request, ask func(*wechattest.Phone, context.Context) (string, error)) (any, error) {
	phone, err := s.phone(r)
	if err != nil {
		return nil, err
	}
	code, err := ask(phone, r.Context())
	return Code{code}, err
}

// Payment is the phone's answer to a launch: what wx.requestPayment's success callback gets, and what came of it.
type Payment struct {
	ErrMsg string        `json:"errMsg"`
	Result *OrderDetails `json:"result,omitempty"`
}

// pay is wx.requestPayment, a scan or a tap on a link, with the user's consent. The body is what the shop gave its
// client: the launch parameters of a mini-program or an app, alone or in "data" or "launch", or a code_url or h5_url.
// It answers after the first delivery of the notice.
func (s *Server) pay(r *http.Request) (any, error) {
	phone, err := s.phone(r)
	if err != nil {
		return nil, err
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, invalid("the request body cannot be read: %v", err)
	}
	launch, err := parseLaunch(body)
	if err != nil {
		return nil, err
	}
	if err := launch.pay(r.Context(), phone); err != nil {
		return nil, payProblem(err)
	}
	s.settle(r.Context())
	payment := Payment{ErrMsg: "requestPayment:ok"}
	orders := s.wechat.Orders()
	if i := slices.IndexFunc(orders, launch.stands); i >= 0 {
		details := s.details(orders[i].OutTradeNo)
		payment.Result = &details
	}
	return payment, nil
}

func payProblem(err error) error {
	if refusal, ok := errors.AsType[*wechattest.PayRefusedError](err); ok {
		return refused("%s (%s)", refusal.ErrMsg, refusal.Reason)
	}
	return err
}
