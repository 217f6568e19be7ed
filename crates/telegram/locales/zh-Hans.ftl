# Telegram 渠道的文本，简体中文。消息与变量同 en.ftl。

## 卡片

kind-approval = 审批
kind-question = 提问
risk-low = 低风险
risk-medium = 中风险
risk-high = 高风险
risk-critical = 极高风险
run = 运行 { $run }
project = 项目 { $name }
label-context = 背景
label-why = 原因
label-risk = 风险
label-reason = 理由
label-answer = 回答
label-options = 选项
label-links = 链接
hidden-values = { $count } 个隐藏值
arguments-attached = 将要执行的确切内容在上方的文件中。
texts-attached = 此处文字有删节，全文在上方的文件中。
attachment-missing = 含全文的文件无法发送到这里，因此在这里只能拒绝。
deadline = 请在 { $time } 前答复（{ $left }）
left-soon = 不到一分钟
left-minutes = { $count } 分钟后
left-hours = { $count } 小时后
left-days = { $count } 天后
left-over = 现在
approvals-so-far = { $have }/{ $need }：{ $names }
approvals-none = 需要 { $need } 人批准
more-people = 等另外 { $count } 人
requester-unreachable = ⚠️ 无法通知请求方。
requester-gone = ⚠️ 请求方已不再等待：这里的决定在那边不会生效。
arguments-caption = 将要执行的内容 · { $id }
texts-caption = 全文 · { $id }

## 按钮

button-approve = ✅ 批准
button-deny = ❌ 拒绝
button-deny-with-reason = ✍️ 拒绝并说明理由
button-custom-answer = ✍️ 自定义回答
button-decline = 🚫 不予回答

## 结果

outcome-approved = ✅ { $names } 已批准 · { $time }
outcome-answered = ✅ { $names } 已回答 · { $time }
outcome-denied = ❌ { $names } 已拒绝 · { $time }
outcome-declined = 🚫 { $names } 不予回答 · { $time }
outcome-expired = ⏳ 已过期 · { $time } · 无人及时决定
outcome-cancelled = ↩️ 请求方已撤回 · { $time }
outcome-failed = ⚠️ 无法做出决定 · { $time }
execution-applied = ⚙️ 已执行 · { $time }
execution-failed = ⚠️ 执行失败 · { $time }

## 对点按的回应

said-approved = 已批准
said-answered = 已收到回答
said-denied = 已拒绝
said-declined = 已选择不回答
said-recorded = 已计入：{ $have }/{ $need } 人批准
said-duplicate = 您已批准过：{ $have }/{ $need } 人批准
said-ended = 该请求已结束
confirm-risk = 高风险：请在一秒之后、一分钟之内再次按“批准”确认
confirm-hidden = 其中有隐藏内容：请在一秒之后、一分钟之内再次按“批准”确认
refused-stale = 已有决定。{ $outcome }
refused-expired = 该请求已过期
refused-not-authorised = 只有 { $names } 可以决定
refused-nobody = 您无权决定
refused-own = 这是您自己的请求，须由他人决定
refused-invalid = 这不适用于此请求，请看卡片上的选项
refused-foreign = 这个按钮不是我的，或已失效
refused-previous-bot = 此请求由之前的机器人发出，请重新发起
refused-other-chat = 这个按钮属于另一个聊天
given-up = 我多次尝试处理此操作，但未成功。请以卡片为准；如果卡片上还有按钮，请再试一次。
not-saved-yet = 暂时无法保存，将会重试：请以卡片为准

## 对话

ask-reason = 您为什么拒绝“{ $title }”？（{ $id }）
    请回复这条消息，或发送 /cancel。
ask-answer = 您对“{ $title }”的回答是什么？（{ $id }）
    请回复这条消息，或发送 /cancel。
placeholder-reason = 拒绝的理由
placeholder-answer = 您的回答
asked = 请在下方输入
not-asked = 无法在此发出提问，什么也没有做。您可以私聊我发送 /deny { $id } 和理由来拒绝。
text-wanted = 请以文字回复那条消息。
voice-not-set-up = 这里未设置语音，请输入文字。
voice-transcribing = 🎙 正在听……
voice-busy = 🎙 正忙，请稍候。您的语音正在排队；也可以直接输入文字。
voice-heard = 🎙 我听到的是：
voice-unsure = 我不确定是否听得准确。
voice-ask-answer = 这是您的回答吗？
voice-ask-reason = 以此理由拒绝吗？
button-use-this = 就用这个
button-say-again = 重说一遍
button-cancel = 取消
voice-again = 请回复这条消息，重说一遍或输入文字。
voice-not-used = 🎙 这条语音未被采用。
voice-over = 这已失效。以卡片所示为准。
voice-no-speech = 没有听到说话。
voice-too-long = 语音太长：最多 { $max } 秒。
voice-too-large = 文件太大：最多 { $max } MB。
voice-too-much = 共 { $count } 个字符，最多 { $max } 个。
voice-empty = 录音是空的。
voice-not-audio = 这个文件不是录音。
voice-truncated = 录音不完整。
voice-damaged = 录音已损坏。
voice-unsupported = 我听不了这种格式的录音。
voice-timed-out = 识别用时过长。
voice-unavailable = 我暂时无法收听。
voice-failed = 我没能听取这段录音。
voice-not-built-in = 此版本不含语音功能。
voice-gone = Telegram 未提供这段录音。
text-too-long = { $count } 个字符太多，最多 { $max } 个。请缩短后重新发送。
text-ambiguous = 有多个回答在等您。请回复您要回答的那条消息。
text-not-awaited = 目前不需要您输入文字。/pending 可查看待办。
conversation-lapsed = 等待时间过长，什么也没有发送。请再次按卡片上的按钮。
conversation-of-another = 那个问题是问 { $name } 的。请您自己按卡片上的按钮。
conversation-cancelled = 已取消，什么也没有发送。
conversation-none = 没有可取消的内容。
source-edited = 编辑过的消息不算数，请发送新的消息。
source-forwarded = 转发的消息不算数，请您自己输入。
source-via-bot = 由其他机器人生成的消息不算数，请您自己输入。
source-anonymous = 看不出是谁写的。请关闭“匿名”后重新发送。
source-bot = 机器人不能做决定。

## 命令

command-pending = 等我决定的事项
command-show = 显示一个请求：/show a1b2c3
command-deny = 拒绝一个请求：/deny a1b2c3 理由
command-cancel = 停止输入回答
command-whoami = 我在这里是谁
command-help = 使用说明
hello = 您好，{ $name }。等您决定的请求会出现在这里。/pending 列出它们，/help 查看说明。
stranger = 我不认识您。您的 Telegram 编号是 { $id }。请让 Signoff 的运维人员添加它，或索取邀请链接（signoff approvers invite）。
paired = 从现在起您是 { $name }。等您决定的请求会出现在这里。
pairing-invalid = 该邀请已使用、已过期或有误。请索取新的邀请。
pairing-taken = 您已经是 { $name }。
pairing-private = 请在与我的私聊中打开邀请。
who-am-i = 您是 { $name }（{ $roles }）。您的 Telegram 编号是 { $id }。
pending-none = 没有等您决定的请求。
pending-some = 有 { $count } 个请求等您决定：
pending-more = 仅显示前 { $shown } 个。
show-unknown = 没有编号为 { $id } 的请求在等您。/pending 可查看待办。
show-usage = 请输入 /show 和卡片上的编号：/show a1b2c3
deny-usage = 请输入 /deny、卡片上的编号和理由：/deny a1b2c3 今天不行
id-ambiguous = 有多个请求的编号是 { $id }。请使用卡片上的按钮。
unknown-command = 我不认识这个命令。/help 列出可用的命令。
help = 我向您展示自动化系统的请求。按卡片上的按钮即可决定；卡片的每个副本都会显示结果。
    /pending – 等您决定的事项
    /show a1b2c3 – 再次显示一个请求
    /deny a1b2c3 理由 – 拒绝一个请求
    /cancel – 停止输入回答
    /whoami – 您在这里是谁

## 提醒与中断

reminder = ⏰ 仍在等待：{ $title } · { $deadline }
outage = 我在 { $from } 至 { $to } 期间离线。这段时间的点按没有送达，请重新点按。
outage-pending = 仍有 { $count } 个请求在等待：
