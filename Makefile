# sp71_steering: see README.md.
#
#	make, make install, make installcheck	as with every extension; PG_CONFIG=... chooses the server
#	make demo [DATA=folder]					a year of a shared-service organisation, on a private server
#	make test [SUITE=...] [TESTS=...]		all tests, on a private server
#	make bench [QUICK=1] [SCENARIO=...]		what caps cost, on a private server
#	make dist								the release archive
#
# The version stands in the control file, and nowhere else.

EXTENSION = sp71_steering
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(or $(VPATH),.)/$(EXTENSION).control)

MODULE_big = $(EXTENSION)
OBJS = $(patsubst $(srcdir)/%.c,%.o,$(sort $(wildcard $(srcdir)/src/*.c $(srcdir)/src/*/*.c)))

# The install script, in the order of the statements in it.
SCRIPT = schema amount fiscal_period ladder participant service cap source usage event view verify health

DATA = $(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/src/sql/upgrade/$(EXTENSION)--*--*.sql))
DATA_built = $(EXTENSION)--$(EXTVERSION).sql

# pg_regress runs these in one database, first to last.
REGRESS = install \
	amount fiscal_period ladder verdict \
	registers caps attach detach mapping unknown_keys steps levels lower_never_refused check_at \
	insert update delete truncate copy upsert merge writable_cte cascade other_triggers savepoints stripes pending \
	partitions inheritance alter_table \
	views health verify privileges bad_input extremes \
	uninstall
ISOLATION = $(basename $(notdir $(wildcard $(srcdir)/test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=$(srcdir)/test/isolation --load-extension=$(EXTENSION)
USE_MODULE_DB = 1

# Debian's PGXS does not track headers, so the compiler does; bitcode goes with the object.
PG_CPPFLAGS = -I$(srcdir)/src
PG_CFLAGS = -MMD -MP
EXTRA_CLEAN = $(OBJS:.o=.d) $(EXTENSION)--*.sql $(EXTENSION)-*.zip test/log

PG_CONFIG = pg_config
PGXS := $(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null))
ifneq ($(PGXS),)
include $(PGXS)
-include $(OBJS:.o=.d)
$(OBJS:.o=.bc): %.bc: %.o
# A build outside the source folder (VPATH) has the same folders.
$(if $(VPATH),$(shell mkdir -p $(dir $(OBJS))))
else
srcdir = .
all install installcheck:
	@echo 'PostgreSQL and its server headers are needed (on Debian: apt-get install postgresql-server-dev-all).' >&2
	@echo 'If they are somewhere else, say so: make PG_CONFIG=/path/to/pg_config' >&2
	@echo '"make demo" and "make test" install what they need from Debian by themselves.' >&2
	@exit 1
clean:
	rm -rf $(OBJS) $(OBJS:.o=.bc) $(MODULE_big).so $(EXTRA_CLEAN)
endif

$(DATA_built): $(SCRIPT:%=src/sql/%.sql) $(EXTENSION).control
	(printf '%s\n' '\echo Use "CREATE EXTENSION $(EXTENSION)" to load this file. \quit'; \
		cat $(filter %.sql,$^)) >$@

.PHONY: demo test bench dist
demo:
	@test/setup.sh server
	@test/private_server.sh test/demo/run.sh $(if $(filter command,$(origin DATA)),"$(DATA)")

test:
	@test/setup.sh server tests
	@REGRESS='$(REGRESS)' ISOLATION='$(ISOLATION)' SUITE='$(SUITE)' TESTS='$(TESTS)' \
		test/private_server.sh test/run.sh

bench:
	@test/setup.sh server
	@SETTINGS="$$(cat test/bench/settings.conf)" QUICK='$(QUICK)' SCENARIO='$(SCENARIO)' \
		test/private_server.sh test/bench/run.sh

# META.json gets the version only here, in the archive.
dist: RELEASE = $(EXTENSION)-$(EXTVERSION)
dist:
	git archive --format=zip --prefix=$(RELEASE)/ -o $(RELEASE).zip \
		--add-virtual-file="$(RELEASE)/META.json:$$(sed 's/@VERSION@/$(EXTVERSION)/' META.json)" \
		HEAD . ':!META.json'
