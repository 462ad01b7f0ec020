package wechattest

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestValueTypes(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("1", 33)
	for keyword, values := range map[string][2][]string{ // right, wrong
		"thing1":            {{"茶", strings.Repeat("长", 20)}, {"", strings.Repeat("长", 21)}},
		"number2":           {{"1", "12.5", long[:32]}, {"", "一", long, "-"}},
		"letter3":           {{"abc"}, {"", "a1", "茶"}},
		"symbol4":           {{"!?"}, {"", "a", "!!!!!!"}},
		"character_string5": {{"NO-0001", "a#1"}, {"", "茶", long, "a b"}},
		"time6":             {{"15:01", "2019年10月1日 15:01", "2019-10-01 15:01:01", "2019年10月1日"}, {"", "soon"}},
		"date7":             {{"2019年10月1日", "2019-10-01 15:01"}, {"", "15:01"}},
		"amount8":           {{"¥100", "100元", "10.50", "$1"}, {"", "¥", "12345678901"}},
		"phone_number9":     {{"+86-0766-66888866", "13800000000"}, {"", "tel", strings.Repeat("1", 18)}},
		"car_number10":      {{"粤A8Z888挂"}, {"", "粤A8Z888888"}},
		"name11":            {{"张三", "Alice B."}, {"", strings.Repeat("长", 11), strings.Repeat("a", 21)}},
		"phrase12":          {{"待付款"}, {"", "paid", "一二三四五六"}},
		"enum13":            {{"x"}, {""}},
		"keyword1":          {{"anything"}, {""}},
	} {
		for _, right := range values[0] {
			require.True(t, fits(keyword, right), "%s %q", keyword, right)
		}
		for _, wrong := range values[1] {
			require.False(t, fits(keyword, wrong), "%s %q", keyword, wrong)
		}
	}
	kind := messageTemplate{Keywords: []string{"thing1"}}
	require.Equal(t, "thing2", kind.wrongValue(messageData{"thing1": {"a"}, "thing2": {"b"}}), "not of the template")
}
