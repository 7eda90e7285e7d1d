-- No override on any cap.
SELECT count(steering.revoke_override(id, 'bench')) FROM steering.override_status WHERE state = 'open';
