package weixin

func Code(err error) int { return 0 }

func Verdict(err error) error { return err }
