# Тексты канала Telegram, русский. Сообщения и переменные те же, что в en.ftl.

## Карточка

kind-approval = Разрешение
kind-question = Вопрос
risk-low = низкий риск
risk-medium = средний риск
risk-high = высокий риск
risk-critical = критический риск
run = запуск { $run }
project = проект { $name }
label-context = Контекст
label-why = Зачем
label-risk = Риск
label-reason = Причина
label-answer = Ответ
label-options = Варианты
label-links = Ссылки
hidden-values = { $count ->
    [one] { $count } скрытое значение
    [few] { $count } скрытых значения
   *[many] { $count } скрытых значений
}
arguments-attached = Что именно будет выполнено — в файле выше.
texts-attached = Здесь тексты сокращены. Полностью они в файле выше.
attachment-missing = Файл с полным текстом не удалось отправить, поэтому здесь можно только отказать.
deadline = ответ до { $time } ({ $left })
left-soon = меньше минуты
left-minutes = через { $count } мин
left-hours = через { $count } ч
left-days = { $count ->
    [one] через { $count } день
    [few] через { $count } дня
   *[many] через { $count } дней
}
left-over = сейчас
approvals-so-far = { $have } из { $need }: { $names }
approvals-none = { $need ->
    [one] Нужно { $need } согласие
    [few] Нужно { $need } согласия
   *[many] Нужно { $need } согласий
}
more-people = и ещё { $count }
requester-unreachable = ⚠️ Не удалось сообщить решение автору запроса.
requester-gone = ⚠️ Автор запроса больше не ждёт ответа: решение там ни на что не повлияет.
arguments-caption = Что будет выполнено · { $id }
texts-caption = Полные тексты · { $id }

## Кнопки

button-approve = ✅ Разрешить
button-deny = ❌ Отказать
button-deny-with-reason = ✍️ Отказать с причиной
button-custom-answer = ✍️ Свой ответ
button-decline = 🚫 Не отвечать

## Исходы

outcome-approved = ✅ Разрешение: { $names } · { $time }
outcome-answered = ✅ Ответ: { $names } · { $time }
outcome-denied = ❌ Отказ: { $names } · { $time }
outcome-declined = 🚫 Отказ отвечать: { $names } · { $time }
outcome-expired = ⏳ Срок истёк · { $time } · никто не успел решить
outcome-cancelled = ↩️ Отозвано автором запроса · { $time }
outcome-failed = ⚠️ Решить не удалось · { $time }
execution-applied = ⚙️ Выполнено · { $time }
execution-failed = ⚠️ Выполнить не удалось · { $time }

## Ответы на нажатие

said-approved = Разрешено
said-answered = Ответ принят
said-denied = Отказано
said-declined = Вы отказались отвечать
said-recorded = Учтено: { $have } из { $need }
said-duplicate = Вы уже согласились: { $have } из { $need }
said-ended = Этот запрос завершён
confirm-risk = Высокий риск: чтобы подтвердить, нажмите «Разрешить» ещё раз: не раньше чем через секунду и в течение минуты
confirm-hidden = Здесь есть скрытое: чтобы подтвердить, нажмите «Разрешить» ещё раз: не раньше чем через секунду и в течение минуты
refused-stale = Уже решено. { $outcome }
refused-expired = Срок этого запроса истёк
refused-not-authorised = Это могут решить только: { $names }
refused-nobody = Вы не можете это решать
refused-own = Это ваш собственный запрос, решить должен кто-то другой
refused-invalid = К этому запросу такое не подходит. Что подходит, видно на карточке
refused-foreign = Эта кнопка не моя или больше не действует
refused-previous-bot = Этот запрос создал прежний бот; отправьте его заново
refused-other-chat = Эта кнопка из другого чата
given-up = Я несколько раз пытался это обработать, но не смог. Верьте карточке; пока на ней есть кнопки, попробуйте ещё раз.
not-saved-yet = Пока не удалось сохранить, попытка повторится: верьте тому, что на карточке

## Беседы

ask-reason = Почему вы отказываете в «{ $title }»? ({ $id })
    Ответьте на это сообщение или отправьте /cancel.
ask-answer = Каков ваш ответ на «{ $title }»? ({ $id })
    Ответьте на это сообщение или отправьте /cancel.
placeholder-reason = Причина отказа
placeholder-answer = Ваш ответ
asked = Напишите ниже
not-asked = Вопрос не удалось отправить сюда, ничего не сделано. Отказать можно командой /deny { $id } с причиной в личном чате со мной.
text-wanted = Напишите, пожалуйста, текстом в ответ на то сообщение.
voice-not-set-up = Голос здесь не настроен, напишите, пожалуйста, текстом.
voice-transcribing = 🎙 Слушаю…
voice-busy = 🎙 Занят, минутку. Голосовое ждёт своей очереди; можно и написать текстом.
voice-heard = 🎙 Я услышал:
voice-unsure = Не уверен, что расслышал правильно.
voice-ask-answer = Это ваш ответ?
voice-ask-reason = Отклонить с этой причиной?
button-use-this = Да, это
button-say-again = Скажу ещё раз
button-cancel = Отмена
voice-again = Скажите ещё раз или напишите текстом, ответом на это сообщение.
voice-not-used = 🎙 Это голосовое не используется.
voice-over = Это уже неактуально. Что действует, видно на карточке.
voice-no-speech = Речи не слышно.
voice-too-long = Голосовое слишком длинное: не больше { $max } с.
voice-too-large = Файл слишком большой: не больше { $max } МБ.
voice-too-much = Вышло { $count } знаков, а помещается { $max }.
voice-empty = Запись пустая.
voice-not-audio = Это не звукозапись.
voice-truncated = Запись оборвана.
voice-damaged = Запись повреждена.
voice-unsupported = Записи такого вида я не понимаю.
voice-timed-out = Распознавание заняло слишком много времени.
voice-unavailable = Сейчас я не могу слушать.
voice-failed = Не удалось это прослушать.
voice-not-built-in = Голос в эту сборку не входит.
voice-gone = Telegram не отдаёт мне эту запись.
text-too-long = { $count ->
    [one] { $count } символ — слишком много, помещается { $max }.
    [few] { $count } символа — слишком много, помещается { $max }.
   *[many] { $count } символов — слишком много, помещается { $max }.
} Отправьте, пожалуйста, короче.
text-ambiguous = От вас ждут нескольких ответов. Ответьте на то сообщение, которое имеете в виду.
text-not-awaited = Сейчас от вас не ждут текста. /pending покажет, что ждёт решения.
conversation-lapsed = Прошло слишком много времени, ничего не отправлено. Нажмите кнопку на карточке ещё раз.
conversation-of-another = Этот вопрос для { $name }. Нажмите кнопку на карточке сами.
conversation-cancelled = Отменено, ничего не отправлено.
conversation-none = Отменять нечего.
source-edited = Изменённые сообщения не считаются. Отправьте, пожалуйста, новое.
source-forwarded = Пересланные сообщения не считаются. Напишите, пожалуйста, сами.
source-via-bot = Сообщения, созданные другим ботом, не считаются. Напишите, пожалуйста, сами.
source-anonymous = Не видно, кто это написал. Выключите «Анонимность» и отправьте ещё раз.
source-bot = Боты решать не могут.

## Команды

command-pending = что ждёт моего решения
command-show = показать один запрос: /show a1b2c3
command-deny = отказать: /deny a1b2c3 причина
command-cancel = не писать ответ
command-whoami = кто я здесь
command-help = как это работает
hello = Здравствуйте, { $name }. Запросы, которые ждут вас, появятся здесь. /pending — список, /help — справка.
stranger = Мы не знакомы. Ваш номер в Telegram — { $id }. Попросите оператора Signoff добавить его или прислать приглашение (signoff approvers invite).
paired = Теперь вы — { $name }. Запросы, которые ждут вас, появятся здесь.
pairing-invalid = Это приглашение использовано, устарело или неверно. Попросите новое.
pairing-taken = Вы уже { $name }.
pairing-private = Откройте приглашение в личном чате со мной.
who-am-i = Вы — { $name } ({ $roles }). Ваш номер в Telegram — { $id }.
pending-none = Вас ничего не ждёт.
pending-some = { $count ->
    [one] Вас ждёт { $count } запрос:
    [few] Вас ждут { $count } запроса:
   *[many] Вас ждут { $count } запросов:
}
pending-more = Показаны первые { $shown }.
show-unknown = Запрос { $id } вас не ждёт. /pending покажет, что ждёт.
show-usage = Напишите /show и номер с карточки: /show a1b2c3
deny-usage = Напишите /deny, номер с карточки и причину: /deny a1b2c3 не сегодня
id-ambiguous = Номер { $id } у нескольких запросов. Воспользуйтесь кнопками на карточках.
unknown-command = Такой команды нет. /help покажет, какие есть.
help = Здесь видно, о чём вас просят автоматические системы. Чтобы решить, нажмите кнопку на карточке; исход покажут все её копии.
    /pending – что ждёт вашего решения
    /show a1b2c3 – показать один запрос ещё раз
    /deny a1b2c3 причина – отказать
    /cancel – не писать ответ
    /whoami – кто вы здесь

## Напоминания и перерывы

reminder = ⏰ Всё ещё ждёт: { $title } · { $deadline }
outage = Связи не было с { $from } до { $to }. Нажатия за это время не дошли; нажмите, пожалуйста, ещё раз.
outage-pending = { $count ->
    [one] Всё ещё ждёт { $count } запрос:
    [few] Всё ещё ждут { $count } запроса:
   *[many] Всё ещё ждут { $count } запросов:
}
