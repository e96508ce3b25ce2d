#include "unit.h"

#include "base/own.h"
#include "build/steps.h"
#include "build/stepsjson.h"

/* The only base image: it has a variable, a directory and a command. */
static int base(void *arg, const char *image, struct record *config, struct err *e)
{
	(void)arg;
	if (strcmp(image, "base") != 0)
		return err_set(e, "%s: no such image", image);
	record_add(config, "env", "BASE=b");
	record_add(config, "env", "PATH=/p");
	record_add(config, "workdir", "/w");
	record_add(config, "cmd", "sh");
	record_add(config, "label", "l=1");
	record_add(config, "size", "5");
	return 0;
}

static struct steps all;
static struct faults faults;

/* Resolves a Dockerfile; args: "NAME=VALUE NAME=VALUE". */
static void resolve(const char *text, const char *args, const char *target)
{
	own_pairs struct pairs given = {0};
	own_strv struct strv words = {0};
	struct steps_request q = {.text = text,
				  .len = strlen(text),
				  .build_args = &given,
				  .target = target,
				  .arch = "amd64",
				  .base = base};

	strv_split(&words, args ? args : "", ' ');
	for (size_t i = 0; args && i < words.n; i++)
		pairs_put_text(&given, words.v[i]);
	buildstep_list_free(&all);
	faults_free(&faults);
	steps_read(&q, &all, &faults);
}

static void right(const char *text, const char *args)
{
	resolve(text, args, NULL);
	if (faults.n > 0)
		fail_msg("%s: %d: %s", text, faults.v[0].line, faults.v[0].what);
}

/* The faults, one on each line. */
static void wrong(const char *text, const char *said)
{
	own_buf struct buf out = {0};

	resolve(text, NULL, NULL);
	buf_str(&out, "");
	for (size_t i = 0; i < faults.n; i++)
		buf_fmt(&out, "%s%d: %s", i ? "\n" : "", faults.v[i].line, faults.v[i].what);
	assert_string_equal(out.data, said);
}

/* The last step as JSON, from its args on. */
static void last(const char *json)
{
	own_buf struct buf out = {0};
	char *line;

	stepsjson_write(&all, &out);
	out.data[out.len - 1] = '\0';
	line = strrchr(out.data, '\n');
	line = strstr(line ? line : out.data, ",\"args\":");
	assert_non_null(line);
	assert_string_equal(line + 1, json);
}

/* The values of a key of the final config, each followed by "|". */
static void config(const char *key, const char *values)
{
	own_strv struct strv list = {0};
	own_str char *got = NULL;

	record_get_list(&all.stages[all.target].config, key, &list);
	got = strv_join(&list, "|");
	assert_string_equal(got, values);
}

#define FROM       "FROM base\n"
#define USUAL_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static void the_base_images_config_is_inherited(void **state)
{
	(void)state;
	right("FROM base", NULL);
	last("\"args\":[\"base\"],\"image\":\"base\"}");
	config("env", "BASE=b|PATH=/p");
	config("label", "l=1");
	config("cmd", "sh");
	config("workdir", "/w");
	config("size", "");
	right("FROM scratch", NULL);
	config("env", USUAL_PATH);
	config("source", "-");
}

/* Dockerfile reference, "ENV", and "Environment replacement" for when variables change. */
static void env_and_label_set_pairs(void **state)
{
	(void)state;
	right(FROM
	      "ENV A=1 B=\"two words\" C='$A' D=a\\ b\nENV OLD the old  form\nENV A=$A-$B X=$A\nENV E=",
	      NULL);
	config("env",
	       "BASE=b|PATH=/p|A=1-two words|B=two words|C=$A|D=a b|OLD=the old  form|X=1|E=");
	right(FROM "ENV abc=hello\nENV abc=bye def=$abc\nENV ghi=$abc", NULL);
	config("env", "BASE=b|PATH=/p|abc=bye|def=hello|ghi=bye");
	right(FROM "ENV PATH=/x:$PATH", NULL);
	config("env", "BASE=b|PATH=/x:/p");
	right(FROM "LABEL l=2 \"m n\"=\"o p\" q=$BASE", NULL);
	config("label", "l=2|m n=o p|q=b");
	right(FROM "MAINTAINER A B <a@b>", NULL);
	config("label", "l=1|org.opencontainers.image.authors=A B <a@b>");
	wrong(FROM "ENV\nENV A\nENV =x\nENV A=1 B\nENV A=\"b\nLABEL x",
	      "2: ENV: arguments are missing\n3: ENV: A: has no value\n4: ENV: =x: not NAME=VALUE\n5: ENV: B: not NAME=VALUE\n"
	      "6: ENV: a double quote without its end\n7: LABEL: x: has no value");
}

/* Dockerfile reference, "ARG": scope, defaults, the environment overrides. */
static void arguments_have_their_scope(void **state)
{
	(void)state;
	right("ARG V=base\nFROM $V\nENV A=${V:-none}", NULL);
	config("env", "BASE=b|PATH=/p|A=none");
	right("ARG V=base\nFROM $V\nARG V\nENV A=$V", NULL);
	config("env", "BASE=b|PATH=/p|A=base");
	right("ARG V=x\nFROM base\nARG V=y\nENV A=$V", NULL);
	config("env", "BASE=b|PATH=/p|A=y");
	right(FROM "ARG V=x\nENV A=$V", "V=given");
	config("env", "BASE=b|PATH=/p|A=given");
	right(FROM "ENV A=$V\nARG V=x", "V=given");
	config("env", "BASE=b|PATH=/p|A=");
	right(FROM "ARG V=arg\nENV V=env\nENV A=$V", "V=given");
	config("env", "BASE=b|PATH=/p|V=env|A=env");
	right(FROM "ENV V=env\nARG V=arg\nENV A=$V", NULL);
	config("env", "BASE=b|PATH=/p|V=env|A=env");
	right("ARG A=1\nARG B=$A-2\nFROM base\nARG B C=\"$B 3\"\nENV R=$C", NULL);
	config("env", "BASE=b|PATH=/p|R=1-2 3");
	right("FROM base AS one\nARG V=x\nFROM one\nENV A=$V", NULL);
	config("env", "BASE=b|PATH=/p|A=x");
	right("FROM base AS one\nARG V=x\nFROM base\nENV A=${V-unset}", NULL);
	config("env", "BASE=b|PATH=/p|A=unset");
	right(FROM "ARG TARGETPLATFORM TARGETARCH\nENV A=$TARGETPLATFORM-$TARGETARCH-$BUILDOS",
	      NULL);
	config("env", "BASE=b|PATH=/p|A=linux/amd64-amd64-");
	right(FROM "RUN x", "V=1 HTTP_PROXY=p");
	assert_int_equal(all.unused.n, 1);
	assert_string_equal(all.unused.v[0], "V");
	wrong(FROM "ARG 1=2\nARG a-b\nARG",
	      "2: ARG: 1=2: not NAME or NAME=VALUE\n3: ARG: a-b: not NAME or NAME=VALUE\n4: ARG: arguments are missing");
}

static void other_instructions_change_the_config(void **state)
{
	(void)state;
	right(FROM
	      "WORKDIR /srv\nWORKDIR app//./x/../y/\nUSER 33:100\nEXPOSE 80 53/UDP 8000-8002\nVOLUME [\"/a b\"]\nVOLUME /c /d\nSTOPSIGNAL SIGINT",
	      NULL);
	config("workdir", "/srv/app/y");
	config("user", "33:100");
	config("expose", "53/udp|80/tcp|8000/tcp|8001/tcp|8002/tcp");
	config("volume", "/a b|/c|/d");
	config("stopsignal", "SIGINT");
	right(FROM "CMD echo $A", NULL);
	config("cmd", "/bin/sh|-c|echo $A");
	right(FROM "SHELL [\"/bin/bash\", \"-ec\"]\nCMD x\nENTRYPOINT y", NULL);
	config("cmd", "/bin/bash|-ec|x");
	config("entrypoint", "/bin/bash|-ec|y");
	config("shell", "/bin/bash|-ec");
	right(FROM "ENTRYPOINT [\"a\"]", NULL);
	config("cmd", "");
	right(FROM "CMD [\"c\"]\nENTRYPOINT [\"a\"]", NULL);
	config("cmd", "c");
	right(FROM "CMD []", NULL);
	config("cmd", "");
	wrong(FROM
	      "EXPOSE http\nEXPOSE 99999\nEXPOSE 2-1\nUSER a b\nSTOPSIGNAL NOSUCH\nVOLUME data\nWORKDIR\nCMD\nSHELL x\nWORKDIR $NONE",
	      "2: EXPOSE: http: not PORT[-PORT][/tcp|/udp|/sctp]\n3: EXPOSE: 99999: not PORT[-PORT][/tcp|/udp|/sctp]\n"
	      "4: EXPOSE: 2-1: not PORT[-PORT][/tcp|/udp|/sctp]\n5: USER: a b: not USER[:GROUP]\n6: STOPSIGNAL: NOSUCH: no such signal\n"
	      "7: VOLUME: data: not an absolute path of a directory\n8: WORKDIR: arguments are missing\n9: CMD: arguments are missing\n"
	      "10: SHELL: not a JSON array of strings\n11: WORKDIR: $NONE: expands to an empty text");
	wrong(FROM "EXPOSE $NONE", "2: EXPOSE: $NONE: expands to an empty text");
}

/* Dockerfile reference, "HEALTHCHECK"; the form is the image configuration's (docker image spec).
 * */
static void a_health_check_is_recorded(void **state)
{
	(void)state;
	right(FROM "HEALTHCHECK --interval=5m --timeout=3s --retries=2 CMD curl -f x || exit 1",
	      NULL);
	config("healthcheck",
	       "{\"Test\":[\"CMD-SHELL\",\"curl -f x || exit 1\"],\"Interval\":300000000000,\"Timeout\":3000000000,\"Retries\":2}");
	right(FROM "HEALTHCHECK --start-period=1m30s --start-interval=1.5s CMD [\"a\", \"b\"]",
	      NULL);
	config("healthcheck",
	       "{\"Test\":[\"CMD\",\"a\",\"b\"],\"StartPeriod\":90000000000,\"StartInterval\":1500000000}");
	right(FROM "HEALTHCHECK NONE", NULL);
	config("healthcheck", "{\"Test\":[\"NONE\"]}");
	wrong(FROM
	      "HEALTHCHECK x\nHEALTHCHECK CMD\nHEALTHCHECK --interval=5 CMD a\nHEALTHCHECK --retries=-1 CMD a\nHEALTHCHECK --x=1 CMD a",
	      "2: HEALTHCHECK: x: neither CMD nor NONE\n3: HEALTHCHECK: CMD without a command\n"
	      "4: HEALTHCHECK: --interval=5: not a duration of 1ms or more\n5: HEALTHCHECK: --retries=-1: not a number\n"
	      "6: HEALTHCHECK: --x: no such flag");
}

static void run_has_a_shell_form_and_an_exec_form(void **state)
{
	(void)state;
	right(FROM "ARG V=1\nENV E=2\nUSER u\nRUN echo $V", NULL);
	last("\"args\":[\"/bin/sh\",\"-c\",\"echo $V\"],\"env\":[\"BASE=b\",\"PATH=/p\",\"E=2\",\"V=1\"],\"workdir\":\"/w\",\"user\":\"u\","
	     "\"network\":\"default\",\"mounts\":[]}");
	right("FROM scratch\nRUN --network=none [\"a\", \"$V\"]", "HTTPS_PROXY=p");
	last("\"args\":[\"a\",\"$V\"],\"env\":[\"" USUAL_PATH
	     "\"],\"workdir\":\"/\",\"network\":\"none\",\"mounts\":[]}");
	assert_string_equal(all.v[all.n - 1].proxies.v[0], "HTTPS_PROXY=p");
	right("FROM scratch\nRUN <<EOF\na\nb\nEOF", NULL);
	assert_string_equal(all.v[1].args.v[2], "a\nb\n");
	right("FROM scratch\nRUN <<-EOF\n\ta\n\tEOF", NULL);
	assert_string_equal(all.v[1].args.v[2], "a\n");
	right("FROM scratch\nRUN cat <<A >x <<B\n1\nA\n2\nB", NULL);
	assert_string_equal(all.v[1].args.v[2], "cat <<A >x <<B\n1\nA\n2\nB");
	right("FROM scratch\nRUN <<E\n#!/bin/x\nb\nE", NULL);
	assert_string_equal(all.v[1].args.v[0], "/dev/pipes/E");
	assert_string_equal(all.v[1].files[0].content, "#!/bin/x\nb\n");
	wrong(FROM "RUN\nRUN []\nRUN --x=1 a\nRUN --network=a b\nRUN --security=insecure a",
	      "2: RUN: arguments are missing\n3: RUN: arguments are missing\n4: RUN: --x: no such flag\n"
	      "5: RUN: --network a: not default, none or host\n6: RUN: --security: not supported");
}

/* Dockerfile reference, "RUN --mount". */
static void run_has_mounts(void **state)
{
	(void)state;
	right("FROM scratch\nENV D=/d\nRUN --mount=type=cache,target=$D/x,sharing=locked --mount=target=y,source=a,rw "
	      "--mount=type=tmpfs,dst=/t,size=1m x",
	      NULL);
	last("\"args\":[\"/bin/sh\",\"-c\",\"x\"],\"env\":[\"" USUAL_PATH
	     "\",\"D=/d\"],\"workdir\":\"/\",\"network\":\"default\",\"mounts\":["
	     "{\"type\":\"cache\",\"target\":\"/d/x\",\"writable\":true,\"id\":\"/d/x\",\"sharing\":\"locked\",\"mode\":\"0755\",\"uid\":0,\"gid\":0},"
	     "{\"type\":\"bind\",\"target\":\"/y\",\"source\":\"/a\",\"writable\":true},"
	     "{\"type\":\"tmpfs\",\"target\":\"/t\",\"writable\":true,\"size\":1048576}]}");
	right("FROM base AS one\nFROM scratch\nRUN --mount=from=one,target=/x,source=/y x", NULL);
	assert_int_equal(all.v[all.n - 1].mounts[0].from.stage, 0);
	assert_true(all.stages[0].needed);
	wrong(FROM
	      "RUN --mount=type=ssh,id=x y\nRUN --mount=type=bind y\nRUN --mount=target=/ y\nRUN --mount=target=/a,x=1 y\n"
	      "RUN --mount=target=/a,mode=7 y\nRUN --mount=type=tmpfs,target=/a,source=b y\nRUN --mount=target=/a,foo y",
	      "2: RUN: --mount: type=ssh: not supported (bind, cache, tmpfs and secret are)\n3: RUN: --mount: has no target\n"
	      "4: RUN: --mount: the target is the root directory\n5: RUN: --mount: x: no such key\n"
	      "6: RUN: --mount: sharing, mode, uid and gid need type=cache\n7: RUN: --mount: type=tmpfs has no source\n"
	      "8: RUN: --mount: foo: not KEY=VALUE");
}

/* Dockerfile reference, "RUN --mount=type=secret" and "RUN --mount=type=cache" (from). */
static void secrets_and_copied_caches_are_mounts(void **state)
{
	(void)state;
	right("FROM base AS one\nFROM base\nRUN --mount=type=secret,id=a,required x\nRUN --mount=type=secret,dst=b/c x\n"
	      "RUN --mount=type=cache,from=one,source=d,target=/e x",
	      NULL);
	assert_string_equal(all.v[2].mounts[0].target, "/run/secrets/a");
	assert_true(all.v[2].mounts[0].required);
	assert_string_equal(all.v[3].mounts[0].id, "c");
	assert_string_equal(all.v[3].mounts[0].target, "/w/b/c");
	assert_false(all.v[3].mounts[0].writable || all.v[3].mounts[0].required);
	assert_int_equal(all.v[4].mounts[0].from.stage, 0);
	assert_string_equal(all.v[4].mounts[0].source, "/d");
	wrong(FROM
	      "RUN --mount=type=secret x\nRUN --mount=type=secret,id=a,mode=444 x\n"
	      "RUN --mount=type=secret,id=a,env=B x\nRUN --mount=type=secret,id=a,source=b x\n"
	      "RUN --mount=type=secret,id=a,rw x\nRUN --mount=target=/a,required x\nRUN --mount=target=/a,id=b x\n"
	      "RUN --mount=type=cache,target=/a,source=b x\nRUN --mount=type=cache,target=/a,from=base,uid=1 x",
	      "2: RUN: --mount: a secret has neither an id nor a target\n"
	      "3: RUN: --mount: mode, uid and gid of a secret are not supported: it has those of its file\n"
	      "4: RUN: --mount: env: not supported\n5: RUN: --mount: type=secret has no source\n"
	      "6: RUN: --mount: a secret is always read-only\n7: RUN: --mount: required needs type=secret\n"
	      "8: RUN: --mount: id needs type=cache or type=secret\n9: RUN: --mount: source of a cache needs from\n"
	      "10: RUN: --mount: mode, uid and gid need a cache without from");
}

/* Dockerfile reference, "COPY" and "ADD". */
static void copy_has_sources_and_a_destination(void **state)
{
	(void)state;
	right(FROM "COPY a ../b /c/../d $BASE*/ x/", NULL);
	last("\"args\":[\"/a\",\"/b\",\"/d\",\"/b*\"],\"dest\":\"/w/x/\",\"exclude\":[]}");
	right(FROM "COPY --chown=1:2 --chmod=0755 --exclude=*.o --exclude=$BASE [\"a b\", \".\"]",
	      NULL);
	last("\"args\":[\"/a b\"],\"dest\":\"/w/\",\"chown\":\"1:2\",\"chmod\":\"0755\",\"exclude\":[\"*.o\",\"b\"]}");
	right(FROM "COPY <<A <<'B' /x/\n$BASE \"q\"\nA\n$BASE\nB", NULL);
	last("\"args\":[],\"dest\":\"/x/\",\"exclude\":[],\"files\":[{\"name\":\"A\",\"content\":\"b \\\"q\\\"\\u000a\"},"
	     "{\"name\":\"B\",\"content\":\"$BASE\\u000a\"}]}");
	right("FROM base AS one\nFROM scratch\nCOPY --from=ONE a /b\nCOPY --from=0 a /b\nCOPY --from=other a /b",
	      NULL);
	last("\"args\":[\"/a\"],\"from\":\"other\",\"dest\":\"/b\",\"exclude\":[]}");
	assert_int_equal(all.v[2].from.stage, 0);
	assert_int_equal(all.v[3].from.stage, 0);
	right(FROM "ADD https://h/x?y=1 a.tar /d/", NULL);
	last("\"args\":[\"https://h/x?y=1\",\"/a.tar\"],\"dest\":\"/d/\",\"exclude\":[]}");
	wrong(FROM
	      "COPY a\nCOPY a b /x\nCOPY --from=1 a b\nCOPY --from=$X a b\nCOPY --parents a b\nCOPY --chmod=u+x a b\nCOPY --chown=: a b\n"
	      "COPY https://h/x b\nADD https://h/x.git#v1 b\nADD --checksum=sha256:1 https://h/x b\nADD --checksum=sha256:1 x b\nCOPY --from a b",
	      "2: COPY: not SOURCE... DEST\n3: COPY: several files, but /x does not end with \"/\"\n4: COPY: --from 1: no earlier stage has this number\n"
	      "5: COPY: --from $X: variables are not supported here (name a stage FROM $X)\n6: COPY: --parents: not supported\n"
	      "7: COPY: --chmod u+x: not octal digits from 0 to 7777\n8: COPY: --chown :: not USER[:GROUP]\n9: COPY: https://h/x: a URL: only ADD fetches URLs\n"
	      "10: ADD: https://h/x.git#v1: git repositories are not supported\n"
	      "11: ADD: --checksum sha256:1: not sha256: and 64 hexadecimal digits\n12: ADD: --checksum: needs one URL as the only source\n"
	      "13: COPY: --from: has no value");
}

static void stages_that_the_target_does_not_need_are_left_out(void **state)
{
	(void)state;
	resolve("FROM nosuch AS a\nRUN x\nFROM base AS b\nFROM base AS c\nCOPY --from=b /x /\nFROM nosuch\n",
		NULL, "c");
	assert_int_equal(faults.n, 0);
	assert_false(all.stages[0].needed);
	assert_true(all.stages[1].needed);
	assert_true(all.stages[2].needed);
	assert_false(all.stages[3].needed);
	/* podman, too, reads a number as an earlier stage. */
	resolve("FROM base\nFROM 0 AS c\nFROM 2", NULL, "c");
	assert_int_equal(faults.n, 0);
	assert_int_equal(all.stages[1].base, 0);
	assert_string_equal(all.stages[2].image, "2");
	resolve("FROM base AS b\nFROM b AS c\n", NULL, "0");
	assert_int_equal(all.target, 0);
	resolve("FROM base", NULL, "x");
	assert_string_equal(faults.v[0].what, "--target x: no such stage");
}

static void all_faults_are_reported_with_their_lines(void **state)
{
	(void)state;
	wrong("RUN x\nFROM base\nFROB y\n\nONBUILD RUN z\nFROM nosuch AS two\nENV A=${X:?no}\nFROM a b\nFROM two AS 1x\nFROM ${NONE}",
	      "1: RUN: stands before the first FROM\n3: FROB: no such instruction\n5: ONBUILD: not supported\n8: FROM: a b: not IMAGE or IMAGE AS NAME\n"
	      "9: FROM: 1x: not a valid stage name\n10: FROM: ${NONE}: expands to an empty text");
	wrong("FROM nosuch\nENV A=${X:?no}\nEXPOSE $P", "1: FROM: nosuch: no such image");
	wrong("# nothing", "0: no FROM instruction");
	wrong("FROM --platform=linux/s390x base",
	      "1: FROM: --platform linux/s390x: not supported on this machine, linux/amd64");
	right("FROM --platform=$BUILDPLATFORM base", NULL);
}

static void what_variables_come_to_is_bounded(void **state)
{
	own_buf struct buf text = {0};

	(void)state;
	buf_str(&text, "FROM base AS s0\nENV A=aaaaaaaaaaaaaaaa\n");
	for (int i = 0; i < 12; i++)
		buf_str(&text, "ENV A=$A$A\n");
	right(text.data, NULL);
	for (int i = 1; i <= 1000; i++)
		buf_fmt(&text, "FROM s%d AS s%d\n", i - 1, i);
	resolve(text.data, NULL, "s999");
	assert_true(faults.n > 0);
	assert_string_equal(faults.v[0].what, "FROM: the file expands to more than 64 MiB");
	text.len = 0;
	buf_str(&text, "FROM base AS s0\nENV A=aaaaaaaaaaaaaaaa\n");
	for (int i = 0; i < 14; i++)
		buf_str(&text, "ENV A=$A$A\n");
	resolve(text.data, NULL, NULL);
	assert_int_equal(faults.v[0].line, 16);
	assert_string_equal(faults.v[0].what, "ENV: expands to more than 128 KiB");
}

static void run_takes_what_the_kernel_does(void **state)
{
	own_buf struct buf text = {0};

	(void)state;
	buf_str(&text, "FROM base\nRUN ");
	for (int i = 0; i < (128 << 10) - 1; i++)
		buf_str(&text, "x");
	right(text.data, NULL);
	buf_str(&text, "x");
	wrong(text.data, "2: RUN: an argument is longer than 128 KiB");
}

static void thirty_thousand_lines_are_read_quickly(void **state)
{
	own_buf struct buf text = {0};

	(void)state;
	buf_str(&text, FROM);
	for (int i = 0; i < 10000; i++)
		buf_fmt(&text, "ENV A%d=%d\nRUN echo \\\n$A%d\n", i, i, i);
	right(text.data, NULL);
	assert_int_equal(all.n, 20001);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_base_images_config_is_inherited),
		cmocka_unit_test(env_and_label_set_pairs),
		cmocka_unit_test(arguments_have_their_scope),
		cmocka_unit_test(other_instructions_change_the_config),
		cmocka_unit_test(a_health_check_is_recorded),
		cmocka_unit_test(run_has_a_shell_form_and_an_exec_form),
		cmocka_unit_test(run_has_mounts),
		cmocka_unit_test(secrets_and_copied_caches_are_mounts),
		cmocka_unit_test(copy_has_sources_and_a_destination),
		cmocka_unit_test(stages_that_the_target_does_not_need_are_left_out),
		cmocka_unit_test(all_faults_are_reported_with_their_lines),
		cmocka_unit_test(what_variables_come_to_is_bounded),
		cmocka_unit_test(run_takes_what_the_kernel_does),
		cmocka_unit_test(thirty_thousand_lines_are_read_quickly),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	buildstep_list_free(&all);
	faults_free(&faults);
	return failed;
}
