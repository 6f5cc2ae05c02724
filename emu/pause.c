/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pauses: see pause.h. */
#include "emu/pause.h"

void pause_init(struct pause *pause)
{
    *pause = (struct pause){.members = g_ptr_array_new()};
    g_mutex_init(&pause->lock);
    g_cond_init(&pause->changed);
    g_cond_init(&pause->over);
}

void pause_clear(struct pause *pause)
{
    g_ptr_array_free(pause->members, TRUE);
    g_mutex_clear(&pause->lock);
    g_cond_clear(&pause->changed);
    g_cond_clear(&pause->over);
}

void pause_add(struct pause *pause, struct pause_member *member)
{
    g_ptr_array_add(pause->members, member);
}

void pause_remove_all(struct pause *pause)
{
    g_ptr_array_set_size(pause->members, 0);
}

static bool concerns(const struct pause *pause, const struct pause_member *member, unsigned vtl)
{
    return g_atomic_int_get(&pause->vtls) & 1 << vtl && member != pause->by;
}

/* Is it in the guest although the pause says it may not? */
static bool is_in_the_way(const struct pause *pause, const struct pause_member *member)
{
    gint in_guest = g_atomic_int_get(&member->in_guest);

    return in_guest && concerns(pause, member, (unsigned)in_guest - 1);
}

static bool somebody_is_in_the_way(const struct pause *pause)
{
    for (unsigned i = 0; i < pause->members->len; i++)
        if (is_in_the_way(pause, g_ptr_array_index(pause->members, i)))
            return true;
    return false;
}

static void send_out(const struct pause *pause)
{
    for (unsigned i = 0; i < pause->members->len; i++) {
        struct pause_member *member = g_ptr_array_index(pause->members, i);

        if (is_in_the_way(pause, member))
            member->kick(member);
    }
}

/* With the lock held. Who makes others wait is asked to come to an end, again and again. */
static void wait_impatiently(struct pause *pause, GCond *condition)
{
    gint64 now = g_get_monotonic_time();

    if (now < pause->patience) {
        g_cond_wait_until(condition, &pause->lock, pause->patience);
        return;
    }
    pause->patience = now + PAUSE_PATIENCE_US;
    if (pause->on && pause->by)
        pause->by->kick(pause->by);
}

static void take_turn(struct pause *pause, struct pause_member *by)
{
    g_mutex_lock(&pause->lock);
    while (pause->on)
        wait_impatiently(pause, &pause->over);
    pause->on = true;
    pause->by = by;
    pause->patience = g_get_monotonic_time() + PAUSE_PATIENCE_US;
    g_mutex_unlock(&pause->lock);
}

static void give_turn(struct pause *pause)
{
    g_mutex_lock(&pause->lock);
    pause->on = false;
    g_cond_signal(&pause->over);
    g_mutex_unlock(&pause->lock);
}

void pause_begin(struct pause *pause, struct pause_member *by, uint16_t vtls)
{
    take_turn(pause, by);
    g_atomic_int_set(&pause->vtls, vtls);
    send_out(pause);
    g_mutex_lock(&pause->lock);
    while (somebody_is_in_the_way(pause))
        g_cond_wait(&pause->changed, &pause->lock);
    g_mutex_unlock(&pause->lock);
}

static void tell(struct pause *pause)
{
    g_mutex_lock(&pause->lock);
    g_cond_broadcast(&pause->changed);
    g_mutex_unlock(&pause->lock);
}

void pause_end(struct pause *pause)
{
    g_atomic_int_set(&pause->vtls, 0);
    tell(pause);
    give_turn(pause);
}

void pause_leave_guest(struct pause *pause, struct pause_member *member)
{
    g_atomic_int_set(&member->in_guest, 0);
    if (g_atomic_int_get(&pause->vtls))
        tell(pause);
}

static bool wait_for_entry(struct pause *pause, const struct pause_member *member, unsigned vtl)
{
    bool recalled;

    g_mutex_lock(&pause->lock);
    while (concerns(pause, member, vtl) && !g_atomic_int_get(&member->recalled))
        wait_impatiently(pause, &pause->changed);
    recalled = g_atomic_int_get(&member->recalled);
    g_mutex_unlock(&pause->lock);
    return !recalled;
}

/*
 * Either the pause sees in_guest and kicks, or this sees the pause: both are sequentially
 * consistent. `by` may be that of the next pause already; who is let in by mistake then is seen
 * and kicked by that one.
 */
bool pause_enter_guest(struct pause *pause, struct pause_member *member, unsigned vtl)
{
    g_atomic_int_set(&member->in_guest, (gint)vtl + 1);
    while (concerns(pause, member, vtl)) {
        pause_leave_guest(pause, member);
        if (!wait_for_entry(pause, member, vtl))
            return false;
        g_atomic_int_set(&member->in_guest, (gint)vtl + 1);
    }
    return true;
}

void pause_recall(struct pause *pause, struct pause_member *member, bool recall)
{
    g_atomic_int_set(&member->recalled, recall);
    if (recall)
        tell(pause);
}
