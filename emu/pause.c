/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Pauses: see pause.h. */
#include "emu/pause.h"

#include <stdbool.h>

void pause_init(struct pause *pause, void (*kick)(struct pause_member *member))
{
    *pause = (struct pause){.kick = kick, .members = g_ptr_array_new()};
    g_mutex_init(&pause->turn);
    g_mutex_init(&pause->lock);
    g_cond_init(&pause->changed);
}

void pause_clear(struct pause *pause)
{
    g_ptr_array_free(pause->members, TRUE);
    g_mutex_clear(&pause->turn);
    g_mutex_clear(&pause->lock);
    g_cond_clear(&pause->changed);
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
    for (unsigned i = 0; i < pause->members->len; i++)
        if (is_in_the_way(pause, g_ptr_array_index(pause->members, i)))
            pause->kick(g_ptr_array_index(pause->members, i));
}

void pause_begin(struct pause *pause, const struct pause_member *by, uint16_t vtls)
{
    g_mutex_lock(&pause->turn);
    pause->by = by;
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
    g_mutex_unlock(&pause->turn);
}

void pause_leave_guest(struct pause *pause, struct pause_member *member)
{
    g_atomic_int_set(&member->in_guest, 0);
    if (g_atomic_int_get(&pause->vtls))
        tell(pause);
}

/*
 * Either the pause sees in_guest and kicks, or this sees the pause: both are sequentially
 * consistent. `by` may be that of the next pause already; who is let in by mistake then is seen
 * and kicked by that one.
 */
void pause_enter_guest(struct pause *pause, struct pause_member *member, unsigned vtl)
{
    g_atomic_int_set(&member->in_guest, (gint)vtl + 1);
    while (concerns(pause, member, vtl)) {
        pause_leave_guest(pause, member);
        g_mutex_lock(&pause->lock);
        while (concerns(pause, member, vtl))
            g_cond_wait(&pause->changed, &pause->lock);
        g_mutex_unlock(&pause->lock);
        g_atomic_int_set(&member->in_guest, (gint)vtl + 1);
    }
}
