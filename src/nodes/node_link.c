/*
 * node_link.c
 *	  Connections to other nodes, kept per session.
 *
 * One to each node, opened at the first question and kept until the session ends, unless others in the session could
 * use it (node_dblink.c): then node_link_rest() closes it after each question. A link is clean when what was sent
 * last was answered as a whole; one that is not clean is closed and never used again. Nothing of it belongs to the
 * running transaction: the other node's transaction is its own.
 *
 * The other server ends by itself what nobody waits for any longer: its statement_timeout is a little less than that.
 * And it closes what nobody has used for a while, which is noticed before it is used again: else a coordinator would have
 * a connection of each session of all nodes that ever asked.
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "miscadmin.h"
#include "storage/latch.h"
#include "utils/guc.h"
#include "utils/memutils.h"
#include "utils/timeout.h"

#include "nodes/node_dblink.h"
#include "nodes/node_link.h"

/* Connecting is given whole seconds, and not less than two. */
#define NODE_LINK_CONNECT_LEAST 2

/* How long the other server keeps a link that is not used, in milliseconds. */
#define NODE_LINK_IDLE "300000"

/* Where servers can, they look whether somebody still waits. Nodes run on one platform. */
#ifdef __linux__
#define NODE_LINK_LOOK " -c client_connection_check_interval=1000"
#else
#define NODE_LINK_LOOK ""
#endif

struct NodeLink
{
	int32 node_id;
	int timeout;
	bool is_open;
	bool is_unclean;  /* something was sent, and its answer was not taken as a whole */
	char *connection; /* by which it was opened */
	char name[NAMEDATALEN];
};

static List *node_links = NIL;       /* in TopMemoryContext */
static bool node_links_stay = false; /* none but us can use them */

/* Returns the link to a node, which may be closed. */
static NodeLink *
node_link_find(int32 node_id)
{
	MemoryContext caller;
	NodeLink *link;
	ListCell *cell;

	foreach(cell, node_links)
		if (((NodeLink *) lfirst(cell))->node_id == node_id)
			return lfirst(cell);
	caller = MemoryContextSwitchTo(TopMemoryContext);
	link = palloc0(sizeof(NodeLink));
	link->node_id = node_id;
	snprintf(link->name, sizeof(link->name), "sp71_steering_node_%d", node_id);
	node_links = lappend(node_links, link);
	MemoryContextSwitchTo(caller);
	return link;
}

/* Raises that a connection string has the form of an address, to which nothing can be added. */
static void
node_link_check_form(const NodeRow *node)
{
	if (strncmp(node->connection, "postgresql:", 11) == 0 ||
		strncmp(node->connection, "postgres:", 9) == 0)
		ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
						errmsg("connection of node \"%s\" is an address", node->name),
						errhint("Write it as keywords and values: host=... port=... dbname=...")));
}

/*
 * Returns what Citus has its servers connect by beside addresses, as certificates; nothing where Citus is not. What a
 * session sets by that name then is not Citus's.
 */
static const char *
node_link_words_of_citus(void)
{
	static const char name[] = "citus.node_conninfo";
	const char *words = GetConfigOption(name, true, false);
	bool is_known =
		words != NULL && (GetConfigOptionFlags(name, true) & GUC_CUSTOM_PLACEHOLDER) == 0;

	return is_known ? words : "";
}

/*
 * Returns what to connect by. What comes last holds: whatever is set for the other database or role, names mean the
 * same there, and what is answered is stored.
 */
static char *
node_link_string(const NodeRow *node, int timeout)
{
	return psprintf("%s %s application_name=sp71_steering connect_timeout=%d options='"
					"-c search_path=pg_catalog,pg_temp -c statement_timeout=%d"
					" -c default_transaction_isolation=read\\\\ committed"
					" -c default_transaction_read_only=off -c default_transaction_deferrable=off"
					" -c client_min_messages=error"
					" -c idle_session_timeout=" NODE_LINK_IDLE NODE_LINK_LOOK "'",
					node_link_words_of_citus(), node->connection,
					Max(NODE_LINK_CONNECT_LEAST, (timeout + 999) / 1000), timeout - timeout / 10);
}

#if DBLINK_HEEDS_CONNECT_TIMEOUT

#define node_link_connect_watched(link, connection, timeout)                                       \
	node_dblink_connect((link)->name, connection)

#else

static bool node_link_is_late = false;

/* Interrupts connecting: a signal handler. */
static void
node_link_expire(void)
{
	node_link_is_late = true;
	InterruptPending = true;
	QueryCancelPending = true;
	SetLatch(MyLatch);
}

/* Raises that a node lets nobody in. */
static void
node_link_raise_late(void)
{
	ereport(ERROR, (errcode(ERRCODE_SQLCLIENT_UNABLE_TO_ESTABLISH_SQLCONNECTION),
					errmsg("could not establish connection"), errdetail("timeout expired")));
}

/* Connects, and gives up when time is over. */
static void
node_link_connect_watched(NodeLink *link, const char *connection, int timeout)
{
	static TimeoutId expiry = MAX_TIMEOUTS;

	if (expiry == MAX_TIMEOUTS)
		expiry = RegisterTimeout(USER_TIMEOUT, node_link_expire);
	node_link_is_late = false;
	if (timeout > 0)
		enable_timeout_after(expiry, Max(NODE_LINK_CONNECT_LEAST * 1000, timeout));
	PG_TRY();
	{
		node_dblink_connect(link->name, connection);
	}
	PG_CATCH();
	{
		disable_timeout(expiry, false);
		if (!node_link_is_late)
			PG_RE_THROW();
		FlushErrorState();
		node_link_raise_late();
	}
	PG_END_TRY();
	disable_timeout(expiry, false);
	if (node_link_is_late)
		QueryCancelPending = false;
}

#endif

/* Closes a link; one that is closed stays so. */
void
node_link_close(NodeLink *link)
{
	if (link->is_open)
	{
		link->is_open = false;
		node_dblink_disconnect(link->name);
	}
	if (link->connection != NULL)
		pfree(link->connection);
	link->connection = NULL;
}

/* Opens a link. An error when the node cannot be reached. */
static void
node_link_open(NodeLink *link, const NodeRow *node, int timeout)
{
	node_link_check_form(node);
	node_dblink_find();
	node_link_connect_watched(link, node_link_string(node, timeout), timeout);
	link->is_open = true;
	link->is_unclean = false;
	link->timeout = timeout;
	link->connection = MemoryContextStrdup(TopMemoryContext, node->connection);
}

/* Tells whether a link can be used: it is clean, leads where the node is now, and the server is there. */
static bool
node_link_serves(const NodeLink *link, const NodeRow *node, int timeout)
{
	return link->is_open && !link->is_unclean && link->timeout == timeout &&
		   link->connection != NULL && strcmp(link->connection, node->connection) == 0 &&
		   node_dblink_is_well(link->name);
}

/* Returns an open link to a node, on which an answer takes so many milliseconds at most; 0: any time. */
NodeLink *
node_link_get(const NodeRow *node, int timeout)
{
	NodeLink *link = node_link_find(node->node_id);

	if (!node_link_serves(link, node, timeout))
	{
		node_link_close(link);
		node_link_open(link, node, timeout);
	}
	node_links_stay = node_dblink_is_ours();
	return link;
}

/* Sends a query. */
void
node_link_send(NodeLink *link, const char *query)
{
	link->is_unclean = true;
	if (!node_dblink_send(link->name, query))
		ereport(ERROR, (errcode(ERRCODE_CONNECTION_FAILURE), errmsg("could not send query")));
}

/* Tells whether the answer is not there yet. */
bool
node_link_is_busy(const NodeLink *link)
{
	return node_dblink_is_busy(link->name);
}

/* Takes the whole answer, rows of so many texts. The other node's error is raised here. */
List *
node_link_result(NodeLink *link, int columns)
{
	List *rows = node_dblink_result(link->name, columns);

	link->is_unclean = false;
	return rows;
}

/* Ends a question: closes what is not clean, and all where others could use it. Safe while an error is on its way. */
void
node_link_rest(void)
{
	ListCell *cell;

	foreach(cell, node_links)
	{
		NodeLink *link = lfirst(cell);

		if (!node_links_stay || link->is_unclean)
			node_link_close(link);
	}
}
