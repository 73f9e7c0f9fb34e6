import { assert, assertEquals, assertMatch } from "@std/assert";
import { Cache, type CacheOptions } from "../cache.ts";
import { ManualClock } from "../clock.ts";
import { CATEGORIES, categoriesOf } from "./command.ts";
import { allCommands } from "./table.ts";

/** Sent after a request, to see where the replies to it end: all users may, and it does nothing. */
const END_REQUEST = "HELLO .end.\r\n";
const END = "-ERR Protocol version is not an integer or out of range\r\n";

/** A client that types requests. */
class Typist {
  readonly #conn: Deno.TcpConn;
  readonly #buffer = new Uint8Array(64 * 1024);
  #inTransaction = false;

  constructor(conn: Deno.TcpConn) {
    this.#conn = conn;
  }

  /** The reply, with spaces for the ends of lines; `(closed)` if the connection is. */
  async ask(request: string): Promise<string> {
    if (/^(MULTI|EXEC|DISCARD)$/.test(request)) this.#inTransaction = request === "MULTI";
    // Within a transaction the mark would be queued; there each reply is one line.
    const [end, mark] = this.#inTransaction ? ["\r\n", ""] : [END, END_REQUEST];
    let replies = "";
    try {
      await this.#conn.write(new TextEncoder().encode(`${request}\r\n${mark}`));
      while (!replies.endsWith(end)) {
        const length = await this.#conn.read(this.#buffer);
        if (length === null) return `${replies}(closed)`.replaceAll("\r\n", " ");
        replies += new TextDecoder().decode(this.#buffer.subarray(0, length));
      }
    } catch (error) {
      if (
        !(error instanceof Deno.errors.ConnectionReset || error instanceof Deno.errors.BrokenPipe)
      ) {
        throw error;
      }
      return "(closed)";
    }
    return replies.slice(0, -end.length).replaceAll("\r\n", " ").trim();
  }

  [Symbol.dispose](): void {
    this.#conn.close();
  }
}

/**
 * Lets several clients type requests, and checks what they are answered.
 *
 * @param story Lines of `client> request → reply`, without a client for the first one. What a request
 * without a reply is answered is not looked at; `#` begins a comment.
 * @param options Of the cache.
 * @param clock The cache's.
 */
async function scene(
  story: string,
  options: CacheOptions = {},
  between: (cache: Cache, line: string) => void = () => {},
): Promise<void> {
  const lines = story.split("\n").map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  await using cache = new Cache({ clock: new ManualClock(1e12), ...options });
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  using open = new DisposableStack();
  const clients = new Map<string, Typist>();
  const actual: string[] = [];
  for (const line of lines) {
    const [said = ""] = line.split(" → ", 1);
    const [, name = "", request = ""] = /^(?:(\w+)> )?(.*)$/.exec(said) ?? [];
    if (!clients.has(name)) {
      clients.set(name, open.use(new Typist(await Deno.connect({ port }))));
    }
    between(cache, said);
    const reply = await clients.get(name)?.ask(request);
    actual.push(said === line ? line : `${said} → ${reply}`.trim());
  }
  assertEquals(actual, lines);
}

Deno.test("ACL tells of users, makes and removes them", () =>
  scene(`
  ACL WHOAMI → $7 default
  ACL USERS → *1 $7 default
  ACL LIST → *1 $34 user default on nopass ~* &* +@all
  ACL GETUSER default → *12 $5 flags *2 $2 on $6 nopass $9 passwords *0 $8 commands $5 +@all $4 keys $2 ~* $8 channels $2 &* $9 selectors *0
  ACL GETUSER nobody → $-1
  ACL SETUSER alice → +OK
  ACL SETUSER alice → +OK
  ACL GETUSER alice → *12 $5 flags *1 $3 off $9 passwords *0 $8 commands $5 -@all $4 keys $0  $8 channels $0  $9 selectors *0
  ACL SETUSER Alice on >secret → +OK
  ACL USERS → *3 $5 Alice $5 alice $7 default
  ACL LIST → *3 $99 user Alice on #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b resetchannels -@all $34 user alice off resetchannels -@all $34 user default on nopass ~* &* +@all
  ACL SETUSER "a b" → -ERR Usernames can't contain spaces or null characters
  ACL SETUSER "a\\x00b" → -ERR Usernames can't contain spaces or null characters
  ACL SETUSER "a\\tb" → -ERR Usernames can't contain spaces or null characters
  ACL DELUSER alice nobody Alice → :2
  ACL DELUSER nobody → :0
  ACL DELUSER bob default → -ERR The 'default' user cannot be removed
  ACL USERS → *1 $7 default
  ACL → -ERR wrong number of arguments for 'acl' command
  ACL nothing → -ERR unknown subcommand 'nothing'. Try ACL HELP.
  ACL SETUSER → -ERR wrong number of arguments for 'acl|setuser' command
  ACL DELUSER → -ERR wrong number of arguments for 'acl|deluser' command
  ACL GETUSER → -ERR wrong number of arguments for 'acl|getuser' command
  ACL LIST x → -ERR wrong number of arguments for 'acl|list' command
  ACL USERS x → -ERR wrong number of arguments for 'acl|users' command
  ACL WHOAMI x → -ERR wrong number of arguments for 'acl|whoami' command
  ACL HELP x → -ERR wrong number of arguments for 'acl|help' command
  ACL LOAD → -ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.
  ACL SAVE → -ERR This Redis instance is not configured to use an ACL file. You may want to specify users via the ACL SETUSER command and then issue a CONFIG REWRITE (assuming you have a Redis configuration file set) in order to store users in the Redis configuration.
  ACL LOAD x → -ERR wrong number of arguments for 'acl|load' command
`));

Deno.test("ACL SETUSER gives passwords, and AUTH takes them", () =>
  scene(`
  ACL SETUSER alice on >one >two >one → +OK
  ACL LIST → *2 $165 user alice on #7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed #3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3 resetchannels -@all $34 user default on nopass ~* &* +@all
  ACL SETUSER alice <two → +OK
  ACL SETUSER alice <two → -ERR Error in ACL SETUSER modifier '<two': The password you are trying to remove from the user does not exist
  ACL SETUSER alice #3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3 → +OK
  ACL SETUSER alice #3FC4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3 → -ERR Error in ACL SETUSER modifier '#3FC4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3': The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters
  ACL SETUSER alice #3fc4 → -ERR Error in ACL SETUSER modifier '#3fc4': The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters
  ACL SETUSER alice !3fc4 → -ERR Error in ACL SETUSER modifier '!3fc4': The password hash must be exactly 64 characters and contain only lowercase hexadecimal characters
  ACL LIST → *2 $165 user alice on #7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed #3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3 resetchannels -@all $34 user default on nopass ~* &* +@all
  AUTH alice one → +OK
  ACL WHOAMI → -NOPERM this user has no permissions to run the 'acl|whoami' command
  AUTH default x → +OK
  AUTH alice two → +OK
  AUTH alice three → -WRONGPASS invalid username-password pair or user is disabled.
  HELLO 2 AUTH alice nope → -WRONGPASS invalid username-password pair or user is disabled.
  HELLO 2 AUTH alice three
  AUTH default x → +OK
  ACL SETUSER alice !3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3 → +OK
  AUTH alice three → -WRONGPASS invalid username-password pair or user is disabled.
  ACL SETUSER alice nopass → +OK
  ACL LIST → *2 $40 user alice on nopass resetchannels -@all $34 user default on nopass ~* &* +@all
  AUTH alice anything → +OK
  AUTH default x → +OK
  ACL SETUSER alice >four → +OK
  ACL LIST → *2 $99 user alice on #04efaf080f5a3e74e1c29d1ca6a48569382cbbcd324e8d59d2b83ef21c039f00 resetchannels -@all $34 user default on nopass ~* &* +@all
  AUTH alice anything → -WRONGPASS invalid username-password pair or user is disabled.
  ACL SETUSER alice resetpass → +OK
  ACL LIST → *2 $33 user alice on resetchannels -@all $34 user default on nopass ~* &* +@all
  AUTH alice four → -WRONGPASS invalid username-password pair or user is disabled.
  ACL SETUSER alice nopass off → +OK
  AUTH alice x → -WRONGPASS invalid username-password pair or user is disabled.
  AUTH nobody x → -WRONGPASS invalid username-password pair or user is disabled.
  ACL SETUSER alice >"a\\x00b" on → +OK
  AUTH alice "a\\x00b" → +OK
  AUTH default x → +OK
  AUTH alice a → -WRONGPASS invalid username-password pair or user is disabled.
  AUTH ALICE "a\\x00b" → -WRONGPASS invalid username-password pair or user is disabled.
  ACL SETUSER alice skip-sanitize-payload → +OK
  ACL LIST → *2 $121 user alice on skip-sanitize-payload #59b271ae1bbcb1d31d41929817f4b16fb439eb4f31520b5ad1d5ce98920a7138 resetchannels -@all $34 user default on nopass ~* &* +@all
  ACL SETUSER alice sanitize-payload → +OK
  ACL LIST → *2 $116 user alice on sanitize-payload #59b271ae1bbcb1d31d41929817f4b16fb439eb4f31520b5ad1d5ce98920a7138 resetchannels -@all $34 user default on nopass ~* &* +@all
  ACL SETUSER alice RESET → +OK
  ACL LIST → *2 $51 user alice off sanitize-payload resetchannels -@all $34 user default on nopass ~* &* +@all
`));

Deno.test("ACL SETUSER says what is wrong, and does nothing then", () =>
  scene(`
  ACL SETUSER a foo → -ERR Error in ACL SETUSER modifier 'foo': Syntax error
  ACL SETUSER a + → -ERR Error in ACL SETUSER modifier '+': Unknown command or category name in ACL
  ACL SETUSER a +foo → -ERR Error in ACL SETUSER modifier '+foo': Unknown command or category name in ACL
  ACL SETUSER a -foo → -ERR Error in ACL SETUSER modifier '-foo': Unknown command or category name in ACL
  ACL SETUSER a +@foo → -ERR Error in ACL SETUSER modifier '+@foo': Unknown command or category name in ACL
  ACL SETUSER a -@ → -ERR Error in ACL SETUSER modifier '-@': Unknown command or category name in ACL
  ACL SETUSER a +get| → -ERR Error in ACL SETUSER modifier '+get|': Syntax error
  ACL SETUSER a -get|x → -ERR Error in ACL SETUSER modifier '-get|x': Unknown command or category name in ACL
  ACL SETUSER a +config| → -ERR Error in ACL SETUSER modifier '+config|': Syntax error
  ACL SETUSER a +config|foo → -ERR Error in ACL SETUSER modifier '+config|foo': Unknown command or category name in ACL
  ACL SETUSER a +config|get|x → -ERR Error in ACL SETUSER modifier '+config|get|x': Allowing first-arg of a subcommand is not supported
  ACL SETUSER a +get|x|y → -ERR Error in ACL SETUSER modifier '+get|x|y': Unknown command or category name in ACL
  ACL SETUSER a ~x "~a b" → -ERR Error in ACL SETUSER modifier '~a b': Syntax error
  ACL SETUSER a "&a\\tb" → -ERR Error in ACL SETUSER modifier '&a	b': Syntax error
  ACL SETUSER a "~a\\x00b" → -ERR Error in ACL SETUSER modifier '~a': Syntax error
  ACL SETUSER a %~x → -ERR Error in ACL SETUSER modifier '%~x': Syntax error
  ACL SETUSER a % → -ERR Error in ACL SETUSER modifier '%': Syntax error
  ACL SETUSER a %Rx → -ERR Error in ACL SETUSER modifier '%Rx': Syntax error
  ACL SETUSER a %RR~x → -ERR Error in ACL SETUSER modifier '%RR~x': Syntax error
  ACL SETUSER a %X~x → -ERR Error in ACL SETUSER modifier '%X~x': Syntax error
  ACL SETUSER a allkeys ~x → -ERR Error in ACL SETUSER modifier '~x': Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns
  ACL SETUSER a ~* %R~x → -ERR Error in ACL SETUSER modifier '%R~x': Adding a pattern after the * pattern (or the 'allkeys' flag) is not valid and does not have any effect. Try 'resetkeys' to start with an empty list of patterns
  ACL SETUSER a allchannels &x → -ERR Error in ACL SETUSER modifier '&x': Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels
  ACL SETUSER a ( → -ERR Unmatched parenthesis in acl selector starting at '('.
  ACL SETUSER a ) → -ERR Error in ACL SETUSER modifier ')': Syntax error
  ACL SETUSER a +get (~x +foo ) → -ERR Error in ACL SETUSER modifier '(~x +foo )': Unknown command or category name in ACL
  ACL SETUSER a "(&* &x)" → -ERR Error in ACL SETUSER modifier '(&* &x)': Adding a pattern after the * pattern (or the 'allchannels' flag) is not valid and does not have any effect. Try 'resetchannels' to start with an empty list of channels
  ACL SETUSER a "(on)" → -ERR Error in ACL SETUSER modifier '(on)': Syntax error
  ACL SETUSER a "(\\"\\")" → -ERR Error in ACL SETUSER modifier '("")': Syntax error
  ACL SETUSER a " ()" → -ERR Error in ACL SETUSER modifier ' ()': Syntax error
  ACL SETUSER a "foo\\x00bar" → -ERR Error in ACL SETUSER modifier 'foo': Syntax error
  ACL SETUSER a (~x ~y → -ERR Unmatched parenthesis in acl selector starting at '(~x'.
  # None of it is done where something is wrong.
  ACL SETUSER a on ~x +get foo → -ERR Error in ACL SETUSER modifier 'foo': Syntax error
  ACL GETUSER a → $-1
  ACL SETUSER a "" "on\\x00" "" → +OK
  ACL SETUSER a off ~x foo → -ERR Error in ACL SETUSER modifier 'foo': Syntax error
  ACL LIST → *2 $29 user a on resetchannels -@all $34 user default on nopass ~* &* +@all
  ACL SETUSER a off ~x &y +get (+set) >p foo → -ERR Error in ACL SETUSER modifier 'foo': Syntax error
  ACL LIST → *2 $29 user a on resetchannels -@all $34 user default on nopass ~* &* +@all
`));

Deno.test("ACL SETUSER gives keys, channels and selectors", () =>
  scene(`
  ACL SETUSER a ~x ~y ~x %R~r %W~w %RW~rw %W~r %r~q %R %rw~e → +OK
  ACL LIST → *2 $60 user a off ~x ~y ~r %W~w ~rw %R~q %R~ ~e resetchannels -@all $34 user default on nopass ~* &* +@all
  ACL SETUSER a resetkeys %RW~* &c &d &c → +OK
  ACL LIST → *2 $39 user a off ~* resetchannels &c &d -@all $34 user default on nopass ~* &* +@all
  ACL SETUSER a allkeys allchannels → +OK
  ACL LIST → *2 $22 user a off ~* &* -@all $34 user default on nopass ~* &* +@all
  ACL SETUSER a RESETKEYS resetchannels &* → +OK
  ACL LIST → *2 $19 user a off &* -@all $34 user default on nopass ~* &* +@all
  ACL SETUSER a () → +OK
  ACL SETUSER a (~x +get) ( ~y +set ) "(%R~z &c -@all +@set)" → +OK
  ACL LIST → *2 $137 user a off &* -@all (resetchannels -@all) (~x resetchannels -@all +get) (~y resetchannels -@all +set) (%R~z resetchannels &c -@all +@set) $34 user default on nopass ~* &* +@all
  ACL GETUSER a → *12 $5 flags *1 $3 off $9 passwords *0 $8 commands $5 -@all $4 keys $0  $8 channels $2 &* $9 selectors *4 *6 $8 commands $5 -@all $4 keys $0  $8 channels $0  *6 $8 commands $10 -@all +get $4 keys $2 ~x $8 channels $0  *6 $8 commands $10 -@all +set $4 keys $2 ~y $8 channels $0  *6 $8 commands $11 -@all +@set $4 keys $4 %R~z $8 channels $2 &c
  ACL SETUSER a clearselectors → +OK
  ACL LIST → *2 $19 user a off &* -@all $34 user default on nopass ~* &* +@all
  ACL SETUSER a (~l ( ~m +get ) → +OK
  ACL LIST → *2 $49 user a off &* -@all (~m resetchannels -@all +get) $34 user default on nopass ~* &* +@all
  ACL SETUSER a "(\\"~x)" "(~\\"y\\" '+get')" → +OK
  ACL LIST → *2 $101 user a off &* -@all (~m resetchannels -@all +get) (resetchannels -@all) (~y resetchannels -@all +get) $34 user default on nopass ~* &* +@all
  CONFIG SET acl-pubsub-default allchannels → +OK
  CONFIG GET acl-pubsub-default → *2 $18 acl-pubsub-default $11 allchannels
  ACL SETUSER b () → +OK
  ACL LIST → *3 $101 user a off &* -@all (~m resetchannels -@all +get) (resetchannels -@all) (~y resetchannels -@all +get) $30 user b off &* -@all (&* -@all) $34 user default on nopass ~* &* +@all
  ACL SETUSER a reset → +OK
  CONFIG SET acl-pubsub-default RESETCHANNELS → +OK
  CONFIG SET acl-pubsub-default nothing → -ERR CONFIG SET failed (possibly related to argument 'acl-pubsub-default') - argument(s) must be one of the following: allchannels, resetchannels
  ACL SETUSER b reset → +OK
  ACL LIST → *3 $36 user a off sanitize-payload &* -@all $47 user b off sanitize-payload resetchannels -@all $34 user default on nopass ~* &* +@all
`));

Deno.test("ACL SETUSER gives commands, which are shown in few words", () =>
  scene(`
  ACL SETUSER a +@all → +OK
  ACL GETUSER a → *12 $5 flags *1 $3 off $9 passwords *0 $8 commands $5 +@all $4 keys $0  $8 channels $0  $9 selectors *0
  ACL SETUSER a -@dangerous → +OK
  ACL LIST → *2 $42 user a off resetchannels +@all -@dangerous $34 user default on nopass ~* &* +@all
  ACL SETUSER a nocommands +get +set → +OK
  ACL SETUSER a -set → +OK
  ACL LIST → *2 $35 user a off resetchannels -@all +get $34 user default on nopass ~* &* +@all
  ACL SETUSER a nocommands +@read → +OK
  ACL LIST → *2 $37 user a off resetchannels -@all +@read $34 user default on nopass ~* &* +@all
  ACL SETUSER a allcommands -client|kill → +OK
  ACL LIST → *2 $43 user a off resetchannels +@all -client|kill $34 user default on nopass ~* &* +@all
  ACL SETUSER a +client|kill → +OK
  ACL LIST → *2 $30 user a off resetchannels +@all $34 user default on nopass ~* &* +@all
  ACL SETUSER a -client → +OK
  ACL LIST → *2 $38 user a off resetchannels +@all -client $34 user default on nopass ~* &* +@all
  ACL SETUSER a -@all +config -config|set → +OK
  ACL LIST → *2 $50 user a off resetchannels -@all +config -config|set $34 user default on nopass ~* &* +@all
  ACL SETUSER a +config → +OK
  ACL LIST → *2 $38 user a off resetchannels -@all +config $34 user default on nopass ~* &* +@all
  ACL SETUSER a -@all +select|0 +SELECT|0 +select|1 → +OK
  ACL LIST → *2 $50 user a off resetchannels -@all +select|0 +select|1 $34 user default on nopass ~* &* +@all
  ACL SETUSER a +select → +OK
  ACL LIST → *2 $38 user a off resetchannels -@all +select $34 user default on nopass ~* &* +@all
  ACL SETUSER a -select → +OK
  ACL LIST → *2 $30 user a off resetchannels -@all $34 user default on nopass ~* &* +@all
  ACL SETUSER a +select|A -@all → +OK
  ACL LIST → *2 $30 user a off resetchannels -@all $34 user default on nopass ~* &* +@all
`));

Deno.test("users may do with keys what their rules say", () =>
  scene(`
  SET r1 1 → +OK
  SET w1 1 → +OK
  SET rw1 1 → +OK
  RPUSH list 1 → :1
  ACL SETUSER a on nopass +@all -ping %R~r* %W~w* %RW~rw* ~both → +OK
  AUTH a x → +OK
  PING → -NOPERM this user has no permissions to run the 'ping' command
  GET r1 → $1 1
  GET w1 → -NOPERM this user has no permissions to access one of the keys used as arguments
  GET rw1 → $1 1
  GET other → -NOPERM this user has no permissions to access one of the keys used as arguments
  SET w1 2 → +OK
  SET w1 2 GET → -NOPERM this user has no permissions to access one of the keys used as arguments
  SET r1 2 → -NOPERM this user has no permissions to access one of the keys used as arguments
  SET rw1 2 GET → $1 1
  APPEND w1 2 → :2
  APPEND rw1 2 → :2
  STRLEN r1 → :1
  STRLEN w1 → :2
  STRLEN other → -NOPERM this user has no permissions to access one of the keys used as arguments
  EXISTS r1 w1 → :2
  EXISTS r1 w1 other → -NOPERM this user has no permissions to access one of the keys used as arguments
  COPY r1 w2 → :1
  COPY w1 r2 → -NOPERM this user has no permissions to access one of the keys used as arguments
  COPY r1 rw2 → :1
  RENAME rw1 rw2 → +OK
  RENAME r1 w1 → -NOPERM this user has no permissions to access one of the keys used as arguments
  MGET r1 other → -NOPERM this user has no permissions to access one of the keys used as arguments
  MSET w1 1 rw1 2 → +OK
  MSET w1 1 r1 2 → -NOPERM this user has no permissions to access one of the keys used as arguments
  ZUNIONSTORE w1 1 r1 → -WRONGTYPE Operation against a key holding the wrong kind of value
  ZUNIONSTORE w1 1 w2 → -NOPERM this user has no permissions to access one of the keys used as arguments
  ZUNIONSTORE r1 1 r1 → -NOPERM this user has no permissions to access one of the keys used as arguments
  ZUNION 1 r1 → -WRONGTYPE Operation against a key holding the wrong kind of value
  ZUNION 1 w1 → -NOPERM this user has no permissions to access one of the keys used as arguments
  ZUNION 2 r1 → -ERR syntax error
  ZUNION x r1 → -ERR value is not an integer or out of range
  ZUNION 1x w1 → -ERR value is not an integer or out of range
  BLPOP rw1 r1 0 → -NOPERM this user has no permissions to access one of the keys used as arguments
  SORT r1 STORE w1 → -WRONGTYPE Operation against a key holding the wrong kind of value
  SORT r1 STORE r1 → -NOPERM this user has no permissions to access one of the keys used as arguments
  MEMORY USAGE other → -NOPERM this user has no permissions to access one of the keys used as arguments
  OBJECT ENCODING other → -NOPERM this user has no permissions to access one of the keys used as arguments
  OBJECT ENCODING r1 → $3 int
  OBJECT ENCODING w1 → $3 int
  # Wrong arguments come before rights, an unknown command before all.
  GET → -ERR wrong number of arguments for 'get' command
  nothing → -ERR unknown command 'nothing', with args beginning with:
  SELECT 1 → +OK
  SELECT 0 → +OK
  DBSIZE → :6
  AUTH default x → +OK
`));

Deno.test("users may do in transactions and with channels what their rules say", () =>
  scene(`
  ACL SETUSER a on nopass +multi +exec +discard +set ~k +@pubsub &c &p* → +OK
  AUTH a x → +OK
  MULTI → +OK
  SET k 1 → +QUEUED
  EXEC → *1 +OK
  MULTI → +OK
  SET other 1 → -NOPERM this user has no permissions to access one of the keys used as arguments
  GET k → -NOPERM this user has no permissions to run the 'get' command
  SET k 1 2 3 → +QUEUED
  SET k 2 → +QUEUED
  EXEC → -EXECABORT Transaction discarded because of previous errors.
  MULTI → +OK
  PING → -NOPERM this user has no permissions to run the 'ping' command
  DISCARD → +OK
  WATCH k → -NOPERM this user has no permissions to run the 'watch' command
  UNWATCH → -NOPERM this user has no permissions to run the 'unwatch' command
  # What is always allowed.
  HELLO 2 SETNAME me
  RESET → +RESET
  ACL SETUSER a -exec → +OK
  AUTH a x → +OK
  MULTI → +OK
  SET k 3 → +QUEUED
  EXEC → -EXECABORT Transaction discarded because of: NOPERM this user has no permissions to run the 'exec' command
  EXEC → -EXECABORT Transaction discarded because of: NOPERM this user has no permissions to run the 'exec' command
  PUBLISH c x → :0
  PUBLISH d x → -NOPERM this user has no permissions to access one of the channels used as arguments
  PUBLISH p x → :0
  PUBLISH pp x → :0
  SPUBLISH d x → -NOPERM this user has no permissions to access one of the channels used as arguments
  SPUBLISH c x → :0
  PUBSUB CHANNELS → *0
  HELLO 3
  SUBSCRIBE c d → -NOPERM this user has no permissions to access one of the channels used as arguments
  PSUBSCRIBE pp → -NOPERM this user has no permissions to access one of the channels used as arguments
  SSUBSCRIBE d → -NOPERM this user has no permissions to access one of the channels used as arguments
  UNSUBSCRIBE d → >3 $11 unsubscribe $1 d :0
  PUNSUBSCRIBE d → >3 $12 punsubscribe $1 d :0
  SUNSUBSCRIBE d → >3 $12 sunsubscribe $1 d :0
  PSUBSCRIBE p* → >3 $10 psubscribe $2 p* :1
  SUBSCRIBE pop → >3 $9 subscribe $3 pop :2
  SSUBSCRIBE c → >3 $10 ssubscribe $1 c :1
  GET k → -NOPERM this user has no permissions to run the 'get' command
  RESET → +RESET
`));

Deno.test("one of a user's selectors must allow all that a command does", () =>
  scene(`
  ACL SETUSER a on nopass (+get ~x) (+set +mget ~y) (+mget ~x ~z) → +OK
  AUTH a x → +OK
  GET x → $-1
  GET y → -NOPERM this user has no permissions to access one of the keys used as arguments
  SET y 1 → +OK
  SET x 1 → -NOPERM this user has no permissions to access one of the keys used as arguments
  MGET y → *1 $1 1
  MGET x → *1 $-1
  MGET x z → *2 $-1 $-1
  MGET y z → -NOPERM this user has no permissions to access one of the keys used as arguments
  MGET y q → -NOPERM this user has no permissions to access one of the keys used as arguments
  MGET x y z → -NOPERM this user has no permissions to access one of the keys used as arguments
  AUTH default x → +OK
  ACL SETUSER a resetkeys -@all clearselectors +config|get +select|0 → +OK
  AUTH a x → +OK
  CONFIG GET acllog-max-len → *2 $14 acllog-max-len $3 128
  CONFIG SET acllog-max-len 1 → -NOPERM this user has no permissions to run the 'config|set' command
  CONFIG → -ERR wrong number of arguments for 'config' command
  SELECT 0 → +OK
  SELECT "0\\x00" → -ERR value is not an integer or out of range
  SELECT 1 → -NOPERM this user has no permissions to run the 'select' command
  SELECT → -ERR wrong number of arguments for 'select' command
  AUTH default x → +OK
  RPUSH list 1 → :1
  ACL SETUSER a clearselectors (+sort +sort_ro ~list) → +OK
  AUTH a x → +OK
  SORT list → *1 $1 1
  SORT list BY nosort → *1 $1 1
  SORT list BY w* → -ERR BY option of SORT denied due to insufficient ACL permissions.
  SORT list GET # → -ERR GET option of SORT denied due to insufficient ACL permissions.
  SORT_RO list GET x* → -ERR GET option of SORT denied due to insufficient ACL permissions.
  SORT list LIMIT x 1 BY w* → -ERR value is not an integer or out of range
  SORT list BY w* LIMIT x 1 → -ERR BY option of SORT denied due to insufficient ACL permissions.
  AUTH default x → +OK
  ACL SETUSER a (+sort ~list ~w*) → +OK
  AUTH a x → +OK
  SORT list BY w* → -ERR BY option of SORT denied due to insufficient ACL permissions.
  AUTH default x → +OK
  ACL SETUSER a (+sort ~list %W~*) → +OK
  AUTH a x → +OK
  SORT list GET w* → -ERR GET option of SORT denied due to insufficient ACL permissions.
  AUTH default x → +OK
  ACL SETUSER a (+sort ~list %R~*) → +OK
  AUTH a x → +OK
  SORT list BY w* GET # → *1 $1 1
  SORT_RO list GET # → -ERR GET option of SORT denied due to insufficient ACL permissions.
  AUTH default x → +OK
  SORT list GET # → *1 $1 1
`));

Deno.test("ACL DRYRUN, CAT, GENPASS and LOG do what Redis does", () =>
  scene(`
  ACL SETUSER a +@all -config ~k* %R~r %W~w &c &p* → +OK
  ACL DRYRUN a GET k → +OK
  ACL DRYRUN a get x → $50 This user has no permissions to access the 'x' key
  ACL DRYRUN a SET r x → $50 This user has no permissions to access the 'r' key
  ACL DRYRUN a SET w x → +OK
  ACL DRYRUN a SET w x GET → $50 This user has no permissions to access the 'w' key
  ACL DRYRUN a MGET k1 r w x → $50 This user has no permissions to access the 'w' key
  ACL DRYRUN a GET "a\\x00b" → $50 This user has no permissions to access the 'a' key
  ACL DRYRUN a CONFIG GET x → $60 This user has no permissions to run the 'config|get' command
  ACL DRYRUN a CONFIG → -ERR wrong number of arguments for 'config' command
  ACL DRYRUN a CONFIG nothing → -ERR Command 'CONFIG' not found
  ACL DRYRUN a "no\\x00thing" x → -ERR Command 'no' not found
  ACL DRYRUN a CLIENT ID → +OK
  ACL DRYRUN a GET → -ERR wrong number of arguments for 'get' command
  ACL DRYRUN a GET k k → -ERR wrong number of arguments for 'get' command
  ACL DRYRUN a SUBSCRIBE c d → $54 This user has no permissions to access the 'd' channel
  ACL DRYRUN a PSUBSCRIBE p* → +OK
  ACL DRYRUN a PSUBSCRIBE pp → $55 This user has no permissions to access the 'pp' channel
  ACL DRYRUN a PUBLISH d c → $54 This user has no permissions to access the 'd' channel
  ACL DRYRUN a SPUBLISH c d → +OK
  ACL DRYRUN a UNSUBSCRIBE d → +OK
  ACL DRYRUN a SORT k STORE x → $50 This user has no permissions to access the 'x' key
  ACL DRYRUN a SORT k BY x* → +OK
  ACL DRYRUN nobody GET k → -ERR User 'nobody' not found
  ACL DRYRUN "no\\x00body" GET k → -ERR User 'no' not found
  ACL DRYRUN a → -ERR wrong number of arguments for 'acl|dryrun' command
  ACL DRYRUN default FLUSHALL → +OK
  ACL SETUSER a -@all → +OK
  ACL DRYRUN a GET k → $53 This user has no permissions to run the 'get' command
  ACL DRYRUN a CONFIG GET x → $60 This user has no permissions to run the 'config|get' command
  ACL DRYRUN a AUTH x → +OK
  ACL DRYRUN a RESET → +OK
  ACL CAT → *21 $8 keyspace $4 read $5 write $3 set $9 sortedset $4 list $4 hash $6 string $6 bitmap $11 hyperloglog $3 geo $6 stream $6 pubsub $5 admin $4 fast $4 slow $8 blocking $9 dangerous $10 connection $11 transaction $9 scripting
  ACL CAT NOTHING → -ERR Unknown category 'NOTHING'
  ACL CAT "no\\x00thing" → -ERR Unknown category 'no'
  ACL CAT a b → -ERR unknown subcommand or wrong number of arguments for 'CAT'. Try ACL HELP.
  ACL CAT xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx → -ERR Unknown category 'xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'
  ACL GENPASS 0 → -ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
  ACL GENPASS -1 → -ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
  ACL GENPASS 4097 → -ERR ACL GENPASS argument must be the number of bits for the output password, a positive number up to 4096
  ACL GENPASS x → -ERR value is not an integer or out of range
  ACL GENPASS 1 2 → -ERR unknown subcommand or wrong number of arguments for 'GENPASS'. Try ACL HELP.
  ACL LOG RESET x → -ERR unknown subcommand or wrong number of arguments for 'LOG'. Try ACL HELP.
  ACL LOG x → -ERR value is not an integer or out of range
  ACL LOG -5 → *0
  ACL LOG RESET → +OK
  ACL LOG → *0
  ACL LOG 1 → *0
  # Of several selectors, the one that comes farthest says why.
  ACL SETUSER b +mget ~key (+mget ~key ~other) → +OK
  ACL DRYRUN b MGET other another → $56 This user has no permissions to access the 'another' key
  ACL SETUSER b reset (+mget ~key ~other) (+mget ~key) (+get ~key) → +OK
  ACL DRYRUN b MGET other another → $56 This user has no permissions to access the 'another' key
`));

Deno.test("requirepass is the password of the default user", () =>
  scene(`
  CONFIG SET requirepass secret → +OK
  CONFIG GET requirepass → *2 $11 requirepass $6 secret
  ACL LIST → *1 $93 user default on #2bb80d537b1da3e38bd30361aa855686bde0eacd7162fef6a25fe97bf527a25b ~* &* +@all
  AUTH x → -WRONGPASS invalid username-password pair or user is disabled.
  AUTH secret → +OK
  RESET → +RESET
  PING → -NOAUTH Authentication required.
  HELLO → -NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
  AUTH secret → +OK
  ACL SETUSER default >other → +OK
  CONFIG SET requirepass secret → +OK
  RESET → +RESET
  AUTH other → +OK
  RESET → +RESET
  AUTH secret → +OK
  CONFIG SET requirepass "a\\x00\\xff" → +OK
  ACL GETUSER default → *12 $5 flags *1 $2 on $9 passwords *1 $64 2d28501a66adef190c7f5b220994e76d5cc30f1eb165a8ca6cab56dfd57092fe $8 commands $5 +@all $4 keys $2 ~* $8 channels $2 &* $9 selectors *0
  RESET → +RESET
  AUTH a → -WRONGPASS invalid username-password pair or user is disabled.
  AUTH "a\\x00\\xff" → +OK
  CONFIG SET requirepass "" → +OK
  ACL LIST → *1 $34 user default on nopass ~* &* +@all
  RESET → +RESET
  PING → +PONG
  ACL SETUSER default off → +OK
  PING → +PONG
  RESET → +RESET
  PING → -NOAUTH Authentication required.
  AUTH default x → -WRONGPASS invalid username-password pair or user is disabled.
  AUTH x → -ERR AUTH <password> called without any password configured for the default user. Are you sure your configuration is correct?
  ACL WHOAMI → -NOAUTH Authentication required.
`));

Deno.test("ACL DELUSER and CLIENT KILL USER disconnect the clients of a user", () =>
  scene(`
  ACL SETUSER a on nopass +@all → +OK
  ACL SETUSER b on nopass +@all → +OK
  a> AUTH a x → +OK
  two> AUTH a x → +OK
  b> AUTH b x → +OK
  CLIENT KILL USER nobody → -ERR No such user 'nobody'
  CLIENT KILL USER b → :1
  b> PING → (closed)
  CLIENT KILL USER a SKIPME no → :2
  a> PING → (closed)
  a2> AUTH a x → +OK
  # The one that removes itself gets its reply.
  a2> ACL DELUSER a → :1 (closed)
  a2> PING → (closed)
`));

Deno.test("ACL SETUSER disconnects clients that listen to what they may not any more", () =>
  scene(`
  ACL SETUSER a on nopass +@all &c &p* → +OK
  a> HELLO 3
  a> AUTH a x → +OK
  a> SUBSCRIBE c → >3 $9 subscribe $1 c :1
  b> HELLO 3
  b> AUTH a x → +OK
  b> PSUBSCRIBE p* → >3 $10 psubscribe $2 p* :1
  c> HELLO 3
  c> AUTH a x → +OK
  c> SSUBSCRIBE pp → >3 $10 ssubscribe $2 pp :1
  d> AUTH a x → +OK
  # More is allowed, or the same.
  ACL SETUSER a &x → +OK
  a> PING → +PONG
  b> PING → +PONG
  c> PING → +PONG
  ACL SETUSER a resetchannels &c &pp &p? → +OK
  b> PING → (closed)
  a> PING → +PONG
  c> PING → +PONG
  d> PING → +PONG
  ACL SETUSER a resetchannels (&c) → +OK
  c> PING → (closed)
  a> PING → +PONG
  ACL SETUSER a allchannels → +OK
  b2> HELLO 3
  b2> AUTH a x → +OK
  b2> PSUBSCRIBE * → >3 $10 psubscribe $1 * :1
  ACL SETUSER a resetchannels &c → +OK
  b2> PING → (closed)
  a> PING → +PONG
  ACL SETUSER a reset → +OK
  a> PING → (closed)
  d> PING → -NOPERM this user has no permissions to run the 'ping' command
  # Where a user had no channels, nobody is looked at.
  e> HELLO 3
  e> SUBSCRIBE c → >3 $9 subscribe $1 c :1
  ACL SETUSER b on nopass +@all → +OK
  e> AUTH b x → +OK
  ACL SETUSER b ~k → +OK
  e> PING → +PONG
`));

Deno.test("EXEC refuses what a user may not any more", () =>
  scene(`
  ACL SETUSER a on nopass +@all ~* &* → +OK
  a> AUTH a x → +OK
  a> MULTI → +OK
  a> PING → +QUEUED
  a> GET k → +QUEUED
  a> SET k v → +QUEUED
  a> PUBLISH c x → +QUEUED
  a> MGET k l → +QUEUED
  ACL SETUSER a -get resetkeys ~k resetchannels &d → +OK
  a> EXEC → *5 +PONG -NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to execute the command or subcommand +OK -NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to access one of the channels used as arguments -NOPERM ACLs rules changed between the moment the transaction was accumulated and the EXEC call. This command is no longer allowed for the following reason: no permission to touch the specified keys
  a> MULTI → +OK
  a> SET k v → +QUEUED
  ACL SETUSER a -exec → +OK
  a> EXEC → -EXECABORT Transaction discarded because of: NOPERM this user has no permissions to run the 'exec' command
`));

Deno.test("clients need not say who they are while the default user has no password", () =>
  scene(`
  CONFIG SET requirepass x → +OK
  a> PING → -NOAUTH Authentication required.
  CONFIG SET requirepass "" → +OK
  a> PING → +PONG
  a> ACL WHOAMI → $7 default
  a> HELLO 2 → -NOAUTH HELLO must be called with the client already authenticated, otherwise the HELLO AUTH <user> <pass> option can be used to authenticate the client and select the RESP protocol version at the same time
  ACL SETUSER default >y → +OK
  a> PING → -NOAUTH Authentication required.
`));

/** What `ACL LOG` replies, without what tells of the client. */
function logOf(cache: Cache): unknown[] {
  return (cache.call("ACL", "LOG", 100) as Map<string, string>[]).map((entry) => {
    assertMatch(entry.get("client-info") ?? "", /^id=\d+ addr=127.0.0.1:\d+ .* user=\w+ .*resp=2$/);
    entry.delete("client-info");
    return [...entry].flat().join(" ");
  });
}

Deno.test("ACL LOG tells what was refused, and counts what is alike within a minute", async () => {
  const clock = new ManualClock();
  await using cache = new Cache({ clock });
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  using client = new Typist(await Deno.connect({ port }));
  cache.call("ACL", "SETUSER", "a", "on", ">x", "+@all", "-ping", "~k", "&c");
  const requests = [
    ...["AUTH a x", "PING", "GET d", "MGET k l m", "PUBLISH d x", "CLIENT ID", "PING"],
    ...["AUTH b x", "HELLO 2 AUTH a y", "MULTI", "PING", "DISCARD", "MULTI", "AUTH b x", "EXEC"],
  ];
  for (const request of requests) await client.ask(request);
  assertEquals(logOf(cache), [
    "count 1 reason auth context multi object AUTH username b age-seconds 0",
    "count 1 reason command context multi object ping username a age-seconds 0",
    "count 1 reason auth context toplevel object HELLO username a age-seconds 0",
    "count 1 reason auth context toplevel object AUTH username b age-seconds 0",
    "count 2 reason command context toplevel object ping username a age-seconds 0",
    "count 1 reason channel context toplevel object d username a age-seconds 0",
    "count 1 reason key context toplevel object l username a age-seconds 0",
    "count 1 reason key context toplevel object d username a age-seconds 0",
  ]);
  assertMatch(
    cache.call("INFO", "stats") as string,
    /denied_auth:3\r\nacl_access_denied_cmd:3\r\nacl_access_denied_key:2\r\nacl_access_denied_channel:1\r/,
  );
  cache.call("ACL", "LOG", "RESET");
  await client.ask("PING");
  clock.advance(60_000);
  await client.ask("PING");
  clock.advance(60_001);
  await client.ask("PING");
  clock.advance(1500);
  assertEquals(logOf(cache), [
    "count 1 reason command context toplevel object ping username a age-seconds 1.5",
    "count 2 reason command context toplevel object ping username a age-seconds 61.501",
  ]);
  assertEquals((cache.call("ACL", "LOG", 1) as unknown[]).length, 1);
});

Deno.test("ACL LOG keeps as many entries as acllog-max-len, and looks for what is alike in ten", async () => {
  await using cache = new Cache({ clock: new ManualClock() });
  const { port } = cache.listen({ port: 0 }).addr as Deno.NetAddr;
  using client = new Typist(await Deno.connect({ port }));
  const fail = async (from: number, to: number) => {
    for (let i = from; i < to; i++) await client.ask(`AUTH user${i} x`);
  };
  const count = () => logOf(cache).length;
  await fail(0, 11);
  await fail(1, 2);
  assertEquals(count(), 11);
  // That one was at the front again, and now the first is not among the last ten.
  await fail(0, 1);
  assertEquals(count(), 12);
  cache.call("CONFIG", "SET", "acllog-max-len", 5);
  assertEquals(count(), 12);
  await fail(20, 21);
  assertEquals(count(), 5);
  cache.call("CONFIG", "SET", "acllog-max-len", 0);
  await fail(30, 31);
  assertEquals(count(), 0);
});

Deno.test("ACL GENPASS makes passwords of so many bits", async () => {
  await using cache = new Cache();
  assertMatch(cache.call("ACL", "GENPASS") as string, /^[0-9a-f]{64}$/);
  assertMatch(cache.call("ACL", "GENPASS", 5) as string, /^[0-9a-f]{2}$/);
  const long = cache.call("ACL", "GENPASS", 4096) as string;
  assertEquals([long.length, new Set(long).size], [1024, 16]);
  assert(long !== cache.call("ACL", "GENPASS", 4096));
});

Deno.test("call() may do all, whoever it is", async () => {
  await using cache = new Cache({ clock: new ManualClock() });
  cache.call("ACL", "SETUSER", "default", "-@all", "resetkeys", "resetchannels", "off");
  cache.call("ACL", "SETUSER", "a", "on", ">x");
  assertEquals(cache.call("SET", "k", "v"), "OK");
  assertEquals(cache.call("AUTH", "a", "x"), "OK");
  assertEquals(cache.call("GET", "k"), "v");
  assertEquals(cache.call("RESET"), "RESET");
  assertEquals(cache.call("GET", "k"), "v");
  assertEquals(cache.call("ACL", "WHOAMI"), null);
});

Deno.test("CLIENT LIST tells the users of clients", () =>
  scene("AUTH a x\nPING", {}, (cache, line) => {
    if (line === "AUTH a x") cache.call("ACL", "SETUSER", "a", "on", "nopass", "+@all");
    else assertMatch(cache.call("CLIENT", "LIST") as string, / user=a redir=/);
  }));

Deno.test("the slow log does not tell the rules of users", async () => {
  await using cache = new Cache();
  cache.call("CONFIG", "SET", "slowlog-log-slower-than", 0);
  cache.call("ACL", "SETUSER", "a", ">secret");
  const [entry] = cache.call("SLOWLOG", "GET", 1) as unknown[][];
  assertEquals(entry?.[3], ["ACL", "SETUSER", "(redacted)", "(redacted)"]);
});

Deno.test("the password of a cache may have any characters", async () => {
  await using cache = new Cache({ password: "é/ %!" });
  cache.listen({ port: 0 });
  const { password } = new URL(cache.url);
  assertEquals(decodeURIComponent(password), "é/ %!");
  assertEquals(cache.call("AUTH", "é/ %!"), "OK");
});

Deno.test("each category is shown as itself", async () => {
  await using cache = new Cache();
  for (const category of cache.call("ACL", "CAT") as string[]) {
    // Of some there is nothing here.
    if ((cache.call("ACL", "CAT", category) as string[]).length === 0) continue;
    for (const [all, sign] of ["+-", "-+"]) {
      cache.call("ACL", "SETUSER", "a", "reset", `${all}@all`, `${sign}@${category}`);
      const user = cache.call("ACL", "GETUSER", "a") as Map<string, string>;
      assertEquals(user.get("commands"), `${all}@all ${sign}@${category}`);
    }
  }
});

Deno.test("what rules allow is what is shown of them", async () => {
  await using cache = new Cache();
  const commands = allCommands().flatMap((command) => [command, ...command.subcommands]);
  const names = [
    ...CATEGORIES.map((name) => `@${name}`),
    ...commands.map(({ fullName }) => fullName),
  ];
  let state = 7;
  const random = (below: number) => (state = state * 48271 % 2147483647) % below;
  const rulesOf = (user: string) =>
    (cache.call("ACL", "GETUSER", user) as Map<string, string>).get("commands") ?? "";
  for (let i = 0; i < 30; i++) {
    const rules = Array.from(
      { length: 1 + random(12) },
      () => `${"+-".charAt(random(2))}${names[random(names.length)]}`,
    );
    cache.call("ACL", "SETUSER", "a", "reset", random(2) === 0 ? "+@all" : "-@all", ...rules);
    cache.call("ACL", "SETUSER", "b", "reset", ...rulesOf("a").split(" "));
    for (const { fullName, arity } of commands) {
      const line = [...fullName.split("|"), ...new Array(Math.abs(arity)).fill("1")];
      const count = Math.max(Math.abs(arity), fullName.split("|").length);
      const dryRun = (user: string) => {
        try {
          return cache.call("ACL", "DRYRUN", user, ...line.slice(0, count));
        } catch (error) {
          return `${error}`;
        }
      };
      assertEquals(dryRun("b"), dryRun("a"), `${rules} of ${fullName}`);
    }
  }
});

/** The categories of all commands of Redis 7.0.15, as its COMMAND INFO replies them. */
const REDIS_CATEGORIES = `
  admin fast dangerous: lastsave role
  admin slow dangerous: acl|deluser acl|dryrun acl|getuser acl|list acl|load acl|log acl|save
    acl|setuser acl|users bgrewriteaof bgsave cluster|addslots cluster|addslotsrange
    cluster|bumpepoch cluster|count-failure-reports cluster|delslots cluster|delslotsrange
    cluster|failover cluster|flushslots cluster|forget cluster|meet cluster|replicas
    cluster|replicate cluster|reset cluster|saveconfig cluster|set-config-epoch cluster|setslot
    cluster|slaves config|get config|resetstat config|rewrite config|set debug failover
    latency|doctor latency|graph latency|histogram latency|history latency|latest latency|reset
    module|list module|load module|loadex module|unload monitor psync replconf replicaof save
    shutdown slaveof slowlog|get slowlog|len slowlog|reset sync
  admin slow dangerous connection: client|kill client|list client|no-evict client|pause
    client|unblock client|unpause
  fast: time
  fast connection: asking auth echo hello ping quit readonly readwrite reset select
  fast transaction: discard multi unwatch watch
  hyperloglog admin slow dangerous: pfselftest
  keyspace read fast: dbsize exists expiretime pexpiretime pttl touch ttl type
  keyspace read slow: dump object|encoding object|freq object|idletime object|refcount randomkey
    scan
  keyspace read slow dangerous: keys
  keyspace slow: object|help
  keyspace write fast: expire expireat move persist pexpire pexpireat renamenx unlink
  keyspace write fast dangerous: swapdb
  keyspace write slow: copy del rename
  keyspace write slow dangerous: flushall flushdb migrate restore restore-asking
  pubsub fast: publish spublish
  pubsub slow: psubscribe pubsub|channels pubsub|numpat pubsub|numsub pubsub|shardchannels
    pubsub|shardnumsub punsubscribe ssubscribe subscribe sunsubscribe unsubscribe
  read bitmap fast: bitfield_ro getbit
  read bitmap slow: bitcount bitpos
  read fast: lolwut
  read geo slow: geodist geohash geopos georadius_ro georadiusbymember_ro geosearch
  read hash fast: hexists hget hlen hmget hstrlen
  read hash slow: hgetall hkeys hrandfield hscan hvals
  read hyperloglog slow: pfcount
  read list fast: llen
  read list slow: lindex lpos lrange
  read set fast: scard sismember smismember
  read set slow: sdiff sinter sintercard smembers srandmember sscan sunion
  read set sortedset list slow dangerous: sort_ro
  read slow: memory|usage
  read sortedset fast: zcard zcount zlexcount zmscore zrank zrevrank zscore
  read sortedset slow: zdiff zinter zintercard zrandmember zrange zrangebylex zrangebyscore
    zrevrange zrevrangebylex zrevrangebyscore zscan zunion
  read stream fast: xlen
  read stream slow: xinfo|consumers xinfo|groups xinfo|stream xpending xrange xrevrange
  read stream slow blocking: xread
  read string fast: get mget strlen
  read string slow: getrange lcs substr
  slow: acl acl|cat acl|genpass acl|help acl|whoami client cluster cluster|countkeysinslot
    cluster|getkeysinslot cluster|help cluster|info cluster|keyslot cluster|links cluster|myid
    cluster|nodes cluster|shards cluster|slots config config|help function latency latency|help
    memory memory|doctor memory|help memory|malloc-stats memory|purge memory|stats module
    module|help object pubsub pubsub|help script slowlog slowlog|help xgroup xinfo
  slow connection: client|caching client|getname client|getredir client|help client|id
    client|info client|reply client|setname client|tracking client|trackinginfo command
    command|count command|docs command|getkeys command|getkeysandflags command|help command|info
    command|list wait
  slow dangerous: info
  slow scripting: eval eval_ro evalsha evalsha_ro fcall fcall_ro function|dump function|help
    function|kill function|list function|stats script|debug script|exists script|flush
    script|help script|kill script|load
  slow transaction: exec
  stream slow: xgroup|help xinfo|help
  write bitmap slow: bitfield bitop setbit
  write geo slow: geoadd georadius georadiusbymember geosearchstore
  write hash fast: hdel hincrby hincrbyfloat hmset hset hsetnx
  write hyperloglog admin slow dangerous: pfdebug
  write hyperloglog fast: pfadd
  write hyperloglog slow: pfmerge
  write list fast: lpop lpush lpushx rpop rpush rpushx
  write list slow: linsert lmove lmpop lrem lset ltrim rpoplpush
  write list slow blocking: blmove blmpop blpop brpop brpoplpush
  write set fast: sadd smove spop srem
  write set slow: sdiffstore sinterstore sunionstore
  write set sortedset list slow dangerous: sort
  write slow scripting: function|delete function|flush function|load function|restore
  write sortedset fast: zadd zincrby zpopmax zpopmin zrem
  write sortedset fast blocking: bzpopmax bzpopmin
  write sortedset slow: zdiffstore zinterstore zmpop zrangestore zremrangebylex zremrangebyrank
    zremrangebyscore zunionstore
  write sortedset slow blocking: bzmpop
  write stream fast: xack xadd xautoclaim xclaim xdel xsetid
  write stream slow: xgroup|create xgroup|createconsumer xgroup|delconsumer xgroup|destroy
    xgroup|setid xtrim
  write stream slow blocking: xreadgroup
  write string fast: append decr decrby getdel getex getset incr incrby incrbyfloat setnx
  write string slow: mset msetnx psetex set setex setrange
`;

Deno.test("commands are in the categories that they have in Redis", () => {
  const expected = new Map<string, string>();
  for (const line of REDIS_CATEGORIES.trim().replaceAll(/\n {4,}/g, " ").split("\n")) {
    const [categories = "", names = ""] = line.trim().split(": ");
    for (const name of names.split(" ")) expected.set(name, categories);
  }
  assertEquals(expected.size, 366);
  const all = allCommands().flatMap((command) => [command, ...command.subcommands]);
  for (const command of all) {
    const categories = expected.get(command.fullName);
    // What later versions brought.
    if (categories === undefined) assertMatch(command.row.since, /^7\.[2-9]/);
    else assertEquals(categoriesOf(command).join(" "), categories, command.fullName);
  }
});
