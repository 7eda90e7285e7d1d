# sp71_steering: see README.md.
#
#	make, make install, make installcheck	as with every extension; PG_CONFIG=... chooses the server
#	make demo [DATA=folder]					a year of a shared-service organisation, on a private server
#	make test [SUITE=...] [TESTS=...]		all tests, on a private server
#	make test-matrix [RELEASES=...] [ROOTS=folder]	the same on other releases of PostgreSQL
#	make test-new-machine [ROOTS=folder]	set-up, demo and test in minimal roots, as on a new machine
#	make test-debug [PASS=...] [CACHE=folder]		the same with assertions, sanitizer and valgrind
#	make fuzz [TIME=60] [TARGET=...]		the parsers of the types and of mappings
#	make sqlsmith [TIME=60]					random queries over a server with the extension
#	make coverage [REPORT=folder]			what the tests reach
#	make bench [QUICK=1] [SCENARIO=...]		what caps cost, on a private server
#	make messages							what has no translation yet, of the messages in src/po; fails where that is something
#	make update-po							brings new messages of the sources into src/po, to be translated there
#	make dist								the release archive
#	make freeze								keeps the scripts of the version that is released now
#
# The version stands in the control file, and nowhere else.

EXTENSION = sp71_steering
EXTVERSION := $(shell sed -n "s/^default_version = '\(.*\)'/\1/p" $(or $(VPATH),.)/$(EXTENSION).control)

MODULE_big = $(EXTENSION)
OBJS = $(patsubst $(srcdir)/%.c,%.o,$(sort $(wildcard $(srcdir)/src/*.c $(srcdir)/src/*/*.c)))

# The install script, in the order of the statements in it.
SCRIPT = schema require reference amount elsewhere metric fiscal_period day_range ladder participant service cap source query missing_table usage event override reservation order_line view verify problem \
	register usage_between wanted closing cost_result allocate risk allocation agreement_form agreement agreement_cap \
	indicator comparison outlook settlement supplier merge_problem \
	mapping allocation_cost bill bill_problem settlement_line supplier_health open_commitment correction tenure_problem event_view code detach \
	reader missing check_bookings outside rounding attach_problem \
	act act_part body rule mandate decision decision_log act_question register_act authority cap_stripe why_refused backup alias \
	source_event refusal override_view reservation_view amendment transfer carry_forward budget_status query_problem report \
	outlook_by_method usage_of_services compare_services arrangement arrangement_report cost_behaviour form_change start_up saving saving_view repayment \
	start_up_line business_case scorecard follow agreement_act scenario leaving order_status iv3 iv3_export iv3_check explanation lawfulness lawfulness_view \
	node allotment node_query lending outbox node_status node_figure health $(ADDED) replaced alert

# The topics that are new in this version. The upgrade script is made of them too: those that come first (in SCRIPT they
# stand in their places), what src/sql/upgrade/OLD--NEW.sql changes in the objects of the old version, and the others.
ADDED_FIRST =
ADDED = held_scope distribute override_beside

# The scripts of released versions never change: databases were made by them. So a release ends with
# "make freeze", which puts its scripts into src/sql/released, and the next version begins with its
# number in the control file, another file in src/sql/upgrade, and the topics moved from ADDED to SCRIPT.
# "make test" fails where topics were changed without that.
UPGRADE = $(notdir $(wildcard $(srcdir)/src/sql/upgrade/*--$(EXTVERSION).sql))
DATA_built = $(EXTENSION)--$(EXTVERSION).sql $(UPGRADE:%=$(EXTENSION)--%)
DATA = $(filter-out $(DATA_built:%=src/sql/released/%),\
	$(patsubst $(srcdir)/%,%,$(wildcard $(srcdir)/src/sql/released/*.sql)))

# For people: what Grafana imports.
DOCS = src/dashboards/sp71_steering_grafana.json

# pg_regress runs these in one database, first to last.
REGRESS = install \
	amount fiscal_period ladder cost_result period_range day_range verdict metric \
	registers allocate risk caps attach query_attach query_follow query_twice query_ddl query_privileges query_guard attach_problems attach_progress detach lost_and_found aliases mapping mapping_functions mapping_meaning mapping_needs mapping_trust netting unknown_keys steps levels lower_never_refused check_at \
	insert update delete truncate copy upsert merge writable_cte cascade other_triggers nested_statements view_statements refusals outside_caps rounding no_bookings savepoints filled_and_dropped \
	stripes many_cells unwritten rulebook partitions generated_columns inheritance alter_table structure_in_transaction closed_periods open_commitments detach_concurrently check_bookings why_refused usage_between \
	allocation agreements agreement_caps allocation_methods allocation_adds_up register_use indicators incentives \
	cost_versus_result cost_versus_result_adds_up roll_up outlook outlook_additive outlook_large outlook_error \
	views readers publication health verify unreadable_source owner_functions settings named_rows privileges nothing_to_read bad_input extremes settlement settlement_rhythm unknown_weights reopened_corrections tenure supplier guarded_triggers own_tables own_queries hidden_figures codes \
	mandates proposals votes forms decision_log decision_attacks ways_round acts overrides reservations order_lines order_queries order_sources_end order_dry_runs \
	amendments carry_forward reserves cost_behaviour savings start_ups scorecard explanations report report_printed report_summary report_reserves report_texts alerts iv3 lawfulness \
	arrangements form_changes followers scenarios leaving setters_together lending \
	uninstall
ISOLATION = $(basename $(notdir $(wildcard $(srcdir)/test/isolation/specs/*.spec)))
ISOLATION_OPTS = --inputdir=$(srcdir)/test/isolation --load-extension=$(EXTENSION)
USE_MODULE_DB = 1

# The server finds by name the functions that it calls, and the worker; nothing else is exported. Another library with a global of the
# same name would take the place of ours, or ours of its. There is no bitcode: what JIT inlines of it would look for
# names that are not exported. What an earlier version has installed of it is removed.
SHLIB_EXPORTS = exports.txt
override with_llvm = no

# The header is read before each file: it says in which catalogue messages are looked up.
PG_CPPFLAGS = -I$(srcdir)/src -include $(srcdir)/src/text_domain.h

# Debian's PGXS does not track headers, so the compiler does.
PG_CFLAGS = -MMD -MP
EXTRA_CLEAN = $(SHLIB_EXPORTS) $(OBJS:.o=.d) $(EXTENSION)--*.sql $(EXTENSION)-*.zip src/po/*.mo test/log

# Messages in other languages, by gettext. Without its msgfmt, or where the server has no languages (NLS), all are English.
LANGUAGES = $(patsubst $(srcdir)/src/po/%.po,%,$(wildcard $(srcdir)/src/po/*.po))
HAS_MSGFMT := $(shell command -v msgfmt)
CATALOGS = $(if $(and $(HAS_MSGFMT),$(filter yes,$(enable_nls))),$(LANGUAGES:%=src/po/%.mo))

PG_CONFIG ?= pg_config
PGXS := $(wildcard $(shell $(PG_CONFIG) --pgxs 2>/dev/null))
ifneq ($(PGXS),)
include $(PGXS)
-include $(OBJS:.o=.d)
# A build outside the source folder (VPATH) has the same folders.
$(if $(VPATH),$(shell mkdir -p $(dir $(OBJS))))
# PGXS comes with PostgreSQL's client; that the headers are there too does not follow.
ifeq ($(wildcard $(includedir_server)/postgres.h),)
$(OBJS): no_headers
endif
$(shlib): Makefile
all: $(CATALOGS)
install: no_bitcode install_catalogs
uninstall: uninstall_catalogs uninstall_docs
else
srcdir = .
all install installcheck: no_headers
clean:
	rm -rf $(OBJS) $(MODULE_big).so $(EXTRA_CLEAN)
endif

src/po/%.mo: src/po/%.po
	@mkdir -p src/po
	msgfmt -o $@ $<

# By these names PG_TEXTDOMAIN() asks for them.
.PHONY: install_catalogs uninstall_catalogs
catalog_file = $(DESTDIR)$(localedir)/$(1)/LC_MESSAGES/$(EXTENSION)-$(MAJORVERSION).mo
install_catalogs: $(CATALOGS)
	$(foreach language,$(basename $(notdir $^)),$(MKDIR_P) '$(dir $(call catalog_file,$(language)))' && \
		$(INSTALL_DATA) src/po/$(language).mo '$(call catalog_file,$(language))' &&) :
uninstall_catalogs:
	rm -f $(foreach language,$(LANGUAGES),'$(call catalog_file,$(language))')

# PGXS would look for it by its path here.
.PHONY: uninstall_docs
uninstall_docs:
	rm -f '$(DESTDIR)$(docdir)/$(docmoduledir)/$(notdir $(DOCS))'

.PHONY: no_bitcode no_headers
no_bitcode:
	rm -rf '$(DESTDIR)$(pkglibdir)/bitcode/$(EXTENSION)' '$(DESTDIR)$(pkglibdir)/bitcode/$(EXTENSION).index.bc'

no_headers:
	@echo 'PostgreSQL and its server headers are needed, of the version that the server has.' >&2
	@echo 'On Debian "test/setup.sh server" installs what is missing of them, as "make demo" and "make test" do.' >&2
	@echo 'If they are somewhere else, say so: make PG_CONFIG=/path/to/pg_config' >&2
	@exit 1

$(SHLIB_EXPORTS): $(OBJS:.o=.c)
	(printf '%s\n' Pg_magic_func _PG_init refusal_worker_main; \
		sed -n 's/^\(PGDLLEXPORT \)*PG_FUNCTION_INFO_V1(\([a-z0-9_]*\));$$/\2 pg_finfo_\2/p' $^ | tr ' ' '\n') >$@

$(EXTENSION)--$(EXTVERSION).sql: COMMAND = CREATE EXTENSION $(EXTENSION)
$(EXTENSION)--$(EXTVERSION).sql: $(SCRIPT:%=src/sql/%.sql)
$(UPGRADE:%=$(EXTENSION)--%): COMMAND = ALTER EXTENSION $(EXTENSION) UPDATE
$(UPGRADE:%=$(EXTENSION)--%): $(ADDED_FIRST:%=src/sql/%.sql) $(UPGRADE:%=src/sql/upgrade/%) $(ADDED:%=src/sql/%.sql)
$(DATA_built): $(EXTENSION).control Makefile
	(printf '%s\n' '\echo Use "$(COMMAND)" to load this file. \quit'; \
		cat $(filter %.sql,$^)) >$@

.PHONY: demo test test-matrix test-new-machine test-debug fuzz sqlsmith coverage bench messages update-po dist freeze
demo:
	@test/setup.sh server
	@test/private_server.sh test/demo/run.sh $(if $(filter command,$(origin DATA)),"$(DATA)")

test:
	@SUITE='$(SUITE)' test/setup.sh server tests
	@REGRESS='$(REGRESS)' ISOLATION='$(ISOLATION)' SUITE='$(SUITE)' TESTS='$(TESTS)' \
		test/private_server.sh test/run.sh

test-debug:
	@CACHE='$(CACHE)' SUITE='$(SUITE)' test/debug/run.sh $(PASS)

fuzz:
	@test/setup.sh server fuzz
	@SECONDS_EACH='$(or $(TIME),60)' test/fuzz/run.sh $(TARGET)

sqlsmith:
	@test/setup.sh server sqlsmith
	@test/private_server.sh test/sqlsmith.sh $(or $(TIME),60)

coverage:
	@SUITE='$(SUITE)' test/coverage.sh $(if $(filter command,$(origin REPORT)),'$(REPORT)')

test-matrix:
	@RELEASES='$(RELEASES)' ROOTS='$(ROOTS)' SUITE='$(SUITE)' test/matrix/run.sh

test-new-machine:
	@ROOTS='$(ROOTS)' test/new_machine.sh

bench:
	@test/setup.sh server
	@SETTINGS="$$(cat test/bench/settings.conf)" QUICK='$(QUICK)' SCENARIO='$(SCENARIO)' \
		test/private_server.sh test/bench/run.sh

messages:
	@SUITE=messages test/setup.sh tests
	@test/messages.pl

update-po:
	@SUITE=messages test/setup.sh tests
	@test/messages.pl --update

# META.json gets the version only here, in the archive.
dist: RELEASE = $(EXTENSION)-$(EXTVERSION)
dist:
	git archive --format=zip --prefix=$(RELEASE)/ -o $(RELEASE).zip \
		--add-virtual-file="$(RELEASE)/META.json:$$(sed 's/@VERSION@/$(EXTVERSION)/' META.json)" \
		HEAD . ':!META.json'

# What is there already stays as it is.
freeze: $(DATA_built)
	cp -n $^ src/sql/released/
	cd src/sql/released && for script in $^; do \
		grep -q "  $$script\$$" SHA256SUMS || sha256sum $$script >>SHA256SUMS; done
