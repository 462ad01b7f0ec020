package main

import "slices"

// good is something the shop sells.
type good struct {
	ID       string `json:"id"`
	Name     string `json:"name"`
	Note     string `json:"note"`
	PriceFen int64  `json:"price_fen"`
}

// merchantName is who receives the money, as the payment sheet shows it.
const merchantName = "小叶咖啡"

// goods is the price list. A price always comes from here, never from the client.
func goods() []good {
	return []good{
		{ID: "latte", Name: "桂花拿铁", Note: "热 / 大杯", PriceFen: 2800},
		{ID: "cake", Name: "海盐芝士蛋糕", Note: "一人份", PriceFen: 1950},
		{ID: "beans", Name: "云南小粒咖啡豆", Note: "中烘 / 250 克", PriceFen: 6900},
	}
}

func goodByID(id string) (good, bool) {
	all := goods()
	i := slices.IndexFunc(all, func(g good) bool { return g.ID == id })
	if i < 0 {
		return good{}, false
	}
	return all[i], true
}
