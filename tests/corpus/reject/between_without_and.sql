-- expect: ORA-00905 2:35
select a from t where a between 1 or 2
