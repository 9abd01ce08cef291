// Command linli runs Linli (邻里): it hears what residents of a community need,
// brings it to the person who can do it, and tells what became of it.
//
//	linli demo                    the example community in a browser, with nothing set up
//	linli play FILE               a dialogue in the terminal
//	linli check --config FILE     every mistake of the configuration, with its line
//	linli serve --config FILE     the real thing
//	linli doctor --config FILE    what must hold for it to work here, and the next step where it does not
//	linli health --config FILE    nothing, if it runs and takes messages
//	linli code --config FILE WHO  a one-time code that binds an account to a person or a group
//	linli links --config FILE     for each building and group the links and codes by which people reach Linli
//	linli directory --config FILE the versions of the directory, and tables laid over it
//	linli trouble --config FILE   what could not be done
//	linli backup --config FILE    a copy of everything, now
//	linli poll --config FILE      the polls; "export NUMBER" writes the archive of one
//	linli verify [FILE]           whether a file, or the archive of a poll, is as it was written
//	linli root --config FILE      the root of a day's journal, for the notice board
//	linli erase --config FILE WHO everything of a person
//	linli deletions, linli compact
//
// Those that need the data while Linli runs have the running one do it.
//
// This is the only place that knows which flows, channels and stores there are.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	err := run(ctx, os.Args[1:], os.Stdout, os.Stderr)
	switch {
	case errors.Is(err, flag.ErrHelp), errors.Is(err, errUsage):
		os.Exit(2)
	case err != nil:
		fmt.Fprintln(os.Stderr, "linli:", err)
		os.Exit(1)
	}
}

const usage = `用法：
  linli demo                    在浏览器里看示例社区，什么都不用准备
  linli play FILE               在终端里演一段对话（不写 FILE 就列出自带的）
  linli check --config FILE     检查配置和社区文件，所有错误连同行号一次说完
  linli serve --config FILE     正式运行
  linli doctor --config FILE    看看哪里不好，每一条都说下一步做什么
  linli health --config FILE    正在运行而且收得下消息就什么也不说，给容器用
  linli code --config FILE 谁   给名册里的人或群取一次性绑定码
  linli links --config FILE     每栋楼、每个群的报修链接、要打印的码，开了微信的还有客服链接和公众号二维码
  linli directory 做什么 --config FILE  名册：show、diff、apply、import、export、history、back
  linli trouble --config FILE   列出没办成的事
  linli backup --config FILE    现在做一份备份（运行时每天自己做）
  linli poll --config FILE      列出征询；linli poll export 12 把12号的归档写成 poll-0012.zip
  linli verify --config FILE    查数据有没有坏、流水有没有被改；也可以 linli verify 备份/linli.db，
                                或 linli verify poll-0012.zip（加 --config 还和数据对一遍）
                                加 --root 2026-11-22=3F2A91C077DE04B8 就和公示栏上那天的校验值对
  linli root --config FILE      打印昨天的每日校验值，贴公示栏；要别的一天，后面写日期
  linli erase --config FILE 谁  把一个人从数据和备份里删掉，先说要删谁，加 --yes 才删
  linli deletions --config FILE 删除登记：哪天、哪一类、为什么、多少，没有内容
  linli compact --config FILE   压缩数据文件，把删掉的真正抹去（运行时夜里自己做）
code、links、trouble、erase、deletions、poll、root 在有几个社区时要加 --community 编号。
`

var errUsage = errors.New("usage")

// run is the whole program; tests call it with their own streams.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return errUsage
	}
	switch args[0] {
	case "demo":
		return demoCommand(ctx, args[1:], stdout, stderr)
	case "play":
		return playCommand(ctx, args[1:], stdout, stderr)
	case "check":
		return checkCommand(ctx, args[1:], stdout, stderr)
	case "serve":
		return serveCommand(ctx, args[1:], stdout, stderr)
	case "doctor":
		return doctorCommand(ctx, args[1:], stdout, stderr)
	case "health":
		return healthCommand(ctx, args[1:], stderr)
	case "verify":
		return verifyCommand(ctx, args[1:], stdout, stderr)
	case "poll":
		return pollCommand(ctx, args[1:], stdout, stderr)
	case "directory":
		return directoryCommand(ctx, args[1:], stdout, stderr)
	case "code", "links", "trouble", "backup", "erase", "deletions", "compact", "root":
		return relay(ctx, args[0], args[1:], stdout, stderr)
	case "help", "-h", "--help":
		fmt.Fprint(stdout, usage)
		return nil
	}
	fmt.Fprint(stderr, usage)
	return errUsage
}
