// Command linli runs Linli (邻里): it hears what residents of a community need,
// brings it to the person who can do it, and tells what became of it.
//
//	linli demo                    the example community in a browser, with nothing set up
//	linli play FILE               a dialogue in the terminal
//	linli check --config FILE     every mistake of the configuration, with its line
//	linli serve --config FILE     the real thing
//	linli code --config FILE WHO  a one-time code that binds an account to a person or a group
//	linli trouble --config FILE   what could not be done
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
  linli code --config FILE 谁   给名册里的人或群取一次性绑定码（没在运行时用；运行时请社区工作人员对机器人说“/code 谁”）
  linli trouble --config FILE   列出没办成的事
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
	case "code":
		return codeCommand(ctx, args[1:], stdout, stderr)
	case "trouble":
		return troubleCommand(ctx, args[1:], stdout, stderr)
	case "help", "-h", "--help":
		fmt.Fprint(stdout, usage)
		return nil
	}
	fmt.Fprint(stderr, usage)
	return errUsage
}
