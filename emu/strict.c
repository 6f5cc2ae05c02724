/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Violations told: see strict.h. */
#include "emu/strict.h"

#include <glib.h>

#include "vtl/partition.h"

struct place {
    uint64_t pc;
    uint32_t rule, vtl;
};

struct strict_log {
    GMutex lock;
    GHashTable *places; /* of struct place, owned */
    uint64_t count;
    uint64_t rules; /* set of those that were violated */
    unsigned told[STRICT_RULES][VTL_LEVELS]; /* places */
    bool more;      /* there were some that are not told */
};

G_STATIC_ASSERT(STRICT_RULES <= 64);

static guint hash_place(gconstpointer key)
{
    const struct place *place = key;
    /* Instructions are 4 bytes apart. */
    gint64 mixed = (gint64)(place->pc ^ (uint64_t)place->rule << 48 ^ place->vtl);

    return g_int64_hash(&mixed);
}

static gboolean is_same_place(gconstpointer a, gconstpointer b)
{
    const struct place *one = a, *other = b;

    return one->pc == other->pc && one->rule == other->rule && one->vtl == other->vtl;
}

struct strict_log *strict_log_new(void)
{
    struct strict_log *log = g_new0(struct strict_log, 1);

    g_mutex_init(&log->lock);
    log->places = g_hash_table_new_full(hash_place, is_same_place, g_free, NULL);
    return log;
}

void strict_log_free(struct strict_log *log)
{
    if (!log)
        return;
    g_hash_table_unref(log->places);
    g_mutex_clear(&log->lock);
    g_free(log);
}

/* With the lock held: is it new, and to be told? What is not, is not kept. */
static bool is_new(struct strict_log *log, const struct place *place)
{
    if (g_hash_table_contains(log->places, place))
        return false;
    if (log->told[place->rule][place->vtl] == STRICT_TOLD_MAX) {
        log->more = true;
        return false;
    }
    g_hash_table_add(log->places, g_memdup2(place, sizeof(*place)));
    log->told[place->rule][place->vtl]++;
    return true;
}

static void tell(const struct place *place, unsigned vp, const char *where, const char *what)
{
    const struct strict_row *row = &strict_rows[place->rule];

    g_printerr("vtlemu: strict: %s: VP%u at VTL%u, %s: %s\n"
               "vtlemu:   rule: %s (%s)\n"
               "vtlemu:   hint: %s\n", row->id, vp, place->vtl, where, what, row->says, row->source,
               row->hint);
}

bool strict_log_tell(struct strict_log *log, enum strict_rule rule, unsigned vp, unsigned vtl,
                     uint64_t pc, const char *where, const char *what)
{
    const struct place place = {pc, rule, vtl};
    bool first;

    g_mutex_lock(&log->lock);
    first = !log->count++;
    log->rules |= UINT64_C(1) << rule;
    if (is_new(log, &place)) {
        tell(&place, vp, where, what);
        if (log->told[rule][vtl] == STRICT_TOLD_MAX)
            g_printerr("vtlemu: strict: %s at VTL%u: that was the %uth place; further ones are only "
                       "counted\n", strict_rows[rule].id, vtl, STRICT_TOLD_MAX);
    }
    g_mutex_unlock(&log->lock);
    return first;
}

uint64_t strict_log_count(const struct strict_log *log)
{
    return log->count;
}

void strict_log_print(const struct strict_log *log)
{
    guint places = g_hash_table_size(log->places), rules = 0;

    if (!log->count)
        return;
    for (unsigned rule = 0; rule < STRICT_RULES; rule++)
        rules += log->rules >> rule & 1;
    g_printerr("vtlemu: strict: %" G_GUINT64_FORMAT " violation%s of %u rule%s at %s%u place%s "
               "(doc/strict.md)\n", log->count, log->count == 1 ? "" : "s", rules,
               rules == 1 ? "" : "s", log->more ? "more than " : "", places,
               places == 1 ? "" : "s");
}
