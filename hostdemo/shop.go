package main

import (
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"time"

	"github.com/gofiber/fiber/v2"

	"wgink.ink/wechat"
	"wgink.ink/wechat/payment"
)

// shop is the host's own business: routes and a table of its own, beside the module's. It shows what a host does with
// the module: RequireUser guards its routes, User says who asks, Pay() places, asks for and closes orders.
type shop struct {
	module *wechat.Module
	orders *shopOrders
}

// mount adds the shop's routes.
func (s *shop) mount(r fiber.Router) {
	r.Get("/shop/goods", s.listGoods)
	r.Post("/shop/orders", s.module.RequireUser, s.placeOrder)
	r.Get("/shop/orders", s.module.RequireUser, s.listOrders)
	r.Get("/shop/orders/:no", s.module.RequireUser, s.showOrder)
	r.Post("/shop/orders/:no/pay", s.module.RequireUser, s.payOrder) // an order that was left unpaid
	r.Post("/shop/orders/:no/close", s.module.RequireUser, s.closeOrder)
}

func (s *shop) listGoods(c *fiber.Ctx) error {
	return c.JSON(fiber.Map{"data": fiber.Map{"merchant": merchantName, "goods": goods()}})
}

// placeOrder takes what is bought from the client, the price from our list, and the buyer from the session.
func (s *shop) placeOrder(c *fiber.Ctx) error {
	var in struct {
		Goods string `json:"goods"`
	}
	if err := json.Unmarshal(c.Body(), &in); err != nil {
		return fiber.NewError(fiber.StatusBadRequest, "请求格式不正确")
	}
	bought, ok := goodByID(in.Goods)
	if !ok {
		return fiber.NewError(fiber.StatusNotFound, "没有这件商品")
	}
	user, _ := s.module.User(c)
	order := shopOrder{
		No: newOrderNo(time.Now()), OpenID: user.OpenID, GoodsID: bought.ID, Name: bought.Name,
		AmountFen: bought.PriceFen, State: payment.NotPay, CreatedAt: time.Now(),
	}
	if err := s.orders.insert(c.UserContext(), order); err != nil {
		return err
	}
	return s.launch(c, order)
}

// payOrder gives the launch parameters again: placing the same order twice is the same order.
func (s *shop) payOrder(c *fiber.Ctx) error {
	order, err := s.ofUser(c)
	if err != nil {
		return err
	}
	return s.launch(c, order)
}

// launch places the order at WeChat and answers what wx.requestPayment needs.
func (s *shop) launch(c *fiber.Ctx, order shopOrder) error {
	prepay, err := s.module.Pay().PlaceOrder(c.UserContext(), payment.PlaceOrder{
		OutTradeNo: order.No, Description: merchantName + "-" + order.Name, AmountFen: order.AmountFen,
		OpenID: order.OpenID, Attach: order.GoodsID,
	})
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"data": fiber.Map{"order": order, "launch": prepay.Launch}})
}

// showOrder asks WeChat while the order can still change: a client that says it paid is not believed.
func (s *shop) showOrder(c *fiber.Ctx) error {
	order, err := s.ofUser(c)
	if err != nil {
		return err
	}
	if order.State == payment.NotPay {
		known, err := s.module.Pay().GetBusinessOrder(c.UserContext(), order.No)
		if err != nil {
			return err
		}
		if order, err = s.orders.setState(c.UserContext(), order, known.State, known.TransactionID); err != nil {
			return err
		}
	}
	return c.JSON(fiber.Map{"data": order})
}

// closeOrder gives an unpaid order up. If the payment was faster, the order is paid and the answer says so.
func (s *shop) closeOrder(c *fiber.Ctx) error {
	order, err := s.ofUser(c)
	if err != nil {
		return err
	}
	closeErr := s.module.Pay().CloseOrder(c.UserContext(), order.No)
	known, err := s.module.Pay().GetBusinessOrder(c.UserContext(), order.No)
	if err != nil {
		return errors.Join(closeErr, err)
	}
	if order, err = s.orders.setState(c.UserContext(), order, known.State, known.TransactionID); err != nil {
		return err
	}
	if closeErr != nil && !known.State.Paid() {
		return closeErr
	}
	return c.JSON(fiber.Map{"data": order})
}

func (s *shop) listOrders(c *fiber.Ctx) error {
	user, _ := s.module.User(c)
	orders, err := s.orders.ofUser(c.UserContext(), user.OpenID)
	if err != nil {
		return err
	}
	return c.JSON(fiber.Map{"data": orders})
}

// ofUser finds the order of the path, if it belongs to the user who asks.
func (s *shop) ofUser(c *fiber.Ctx) (shopOrder, error) {
	user, _ := s.module.User(c)
	order, found, err := s.orders.find(c.UserContext(), strings.Clone(c.Params("no")))
	if err != nil {
		return shopOrder{}, err
	}
	if !found || order.OpenID != user.OpenID {
		return shopOrder{}, fiber.NewError(fiber.StatusNotFound, "没有这个订单")
	}
	return order, nil
}

// newOrderNo is a number nobody can guess: HD, the time, and 50 random bits in letters. WeChat takes at most 32 characters.
func newOrderNo(now time.Time) string {
	return "HD" + now.Format("20060102150405") + rand.Text()[:10]
}
